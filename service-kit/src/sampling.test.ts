import { RequestSampler, spanContextOf, unrecorded } from './sampling';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const saying = (flags: string) => spanContextOf(`00-${TRACE}-b7ad6b7169203331-${flags}`);

describe('which requests are recorded', () => {
  test.each([
    { when: 'its client says no', share: 1, isPublic: true, flags: '00', recorded: false },
    { when: 'its client says yes, and anybody may call', share: 0, isPublic: true, flags: '01', recorded: false },
    { when: 'its caller says yes, and is one of ours', share: 0, isPublic: false, flags: '01', recorded: true },
    { when: 'nobody says anything, and all are', share: 1, isPublic: true, flags: '', recorded: true },
    { when: 'nobody says anything, and none are', share: 0, isPublic: true, flags: '', recorded: false },
  ])('when $when, then it is recorded: $recorded', ({ share, isPublic, flags, recorded }) => {
    expect(new RequestSampler(share, isPublic).records(saying(flags))).toBe(recorded);
  });
});

describe('what a request that is not recorded sends along', () => {
  test('when it came with a trace, then it is that, not recorded', () => {
    expect(unrecorded(`00-${TRACE}-b7ad6b7169203331-01`)).toBe(`00-${TRACE}-b7ad6b7169203331-00`);
  });

  test('when it came with none, then it is a new one', () => {
    const [one, other] = [unrecorded(undefined), unrecorded(undefined)];
    expect(one).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(other).not.toBe(one);
  });
});
