import { AnswerCache, MAX_AGE_MS, type ReadyAnswer } from './answer-cache';

const answer = (text: string): ReadyAnswer => ({ bytes: Buffer.from(text), etag: `"${text}"` });
const textOf = ({ bytes }: ReadyAnswer) => bytes.toString();

/** A load that ends when the test says so. */
function aLoad() {
  let end: (text: string) => void = () => undefined;
  const promise = new Promise<ReadyAnswer>((resolve) => (end = (text) => resolve(answer(text))));
  return { load: jest.fn(() => promise), end };
}

describe('the cache of answers', () => {
  const load = (text: string) => jest.fn(async () => answer(text));

  let now = 1;
  const pass = (ms: number) => (now += ms);

  beforeEach(() => void jest.spyOn(performance, 'now').mockImplementation(() => now));
  afterEach(() => jest.restoreAllMocks());

  it('when an answer is younger than a second, then it is given again without loading', async () => {
    const cache = new AnswerCache();
    await cache.get('a', load('one'));
    pass(MAX_AGE_MS - 1);
    const again = load('two');
    expect(textOf(await cache.get('a', again))).toBe('one');
    expect(again).not.toHaveBeenCalled();
  });

  it('when it is a second old, counted from the question, then it is loaded anew', async () => {
    const cache = new AnswerCache();
    const { load: slow, end } = aLoad();
    const first = cache.get('a', slow);
    pass(MAX_AGE_MS - 100);
    end('one');
    await first;
    pass(101);
    expect(textOf(await cache.get('a', load('two')))).toBe('two');
  });

  it('when many ask at once, then one load answers all', async () => {
    const cache = new AnswerCache();
    const { load: slow, end } = aLoad();
    const all = [cache.get('a', slow), cache.get('a', slow), cache.get('a', slow)];
    end('one');
    expect((await Promise.all(all)).map(textOf)).toEqual(['one', 'one', 'one']);
    expect(slow).toHaveBeenCalledTimes(1);
  });

  it.each<[string, (cache: AnswerCache) => void]>([
    ['dropped', (cache) => cache.drop('a')],
    ['cleared', (cache) => cache.clear()],
  ])('when the key is %s while it is being loaded, then that load is not kept', async (_what, forget) => {
    const cache = new AnswerCache();
    const { load: slow, end } = aLoad();
    const first = cache.get('a', slow);
    forget(cache);
    end('stale');
    await first;
    expect(textOf(await cache.get('a', load('fresh')))).toBe('fresh');
  });

  it('when a load fails, then the next asker tries again', async () => {
    const cache = new AnswerCache();
    await expect(cache.get('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect(textOf(await cache.get('a', load('one')))).toBe('one');
  });

  it('when there is no room for all, then the one not used for longest goes', async () => {
    const cache = new AnswerCache({ maxSize: 1000 });
    for (const key of ['a', 'b', 'c']) await cache.get(key, load(key));
    await cache.get('a', load('never'));
    await cache.get('d', load('d'));
    const kept = await Promise.all(['a', 'c', 'd'].map((key) => cache.get(key, load('again'))));
    expect(kept.map(textOf)).toEqual(['a', 'c', 'd']);
    expect(textOf(await cache.get('b', load('again')))).toBe('again');
  });
});
