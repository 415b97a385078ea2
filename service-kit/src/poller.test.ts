import { Poller } from './poller';

const warn = jest.fn();
const logger = { warn };

describe('Poller', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const aPoller = (run: () => Promise<void> | Promise<boolean>) =>
    new Poller({ name: 'test', everyMs: 1000, logger, run });

  test('when time passes, then it runs again and again', async () => {
    const run = jest.fn(async () => undefined);
    const poller = aPoller(run);
    poller.start();
    await jest.advanceTimersByTimeAsync(3500);
    expect(run).toHaveBeenCalledTimes(3);
    await poller.stop();
  });

  test('when it is nudged often, then one early pass serves all', async () => {
    const run = jest.fn(async () => undefined);
    const poller = aPoller(run);
    poller.start();
    for (let i = 0; i < 10; i++) poller.nudge(100);
    await jest.advanceTimersByTimeAsync(150);
    expect(run).toHaveBeenCalledTimes(1);
    await poller.stop();
  });

  test('when it is nudged during a pass, then another pass follows soon', async () => {
    let finish: () => void = () => undefined;
    const run = jest.fn(() => new Promise<void>((resolve) => (finish = resolve)));
    const poller = aPoller(run);
    poller.start();
    await jest.advanceTimersByTimeAsync(1000);
    poller.nudge(0);
    await jest.advanceTimersByTimeAsync(200);
    expect(run).toHaveBeenCalledTimes(1);
    finish();
    await jest.advanceTimersByTimeAsync(1);
    expect(run).toHaveBeenCalledTimes(2);
    finish();
    await poller.stop();
  });

  test('when a pass says that more is due, then the next follows at once, until one says that nothing is', async () => {
    const answers = [true, true, false];
    const run = jest.fn(async () => answers.shift() ?? false);
    const poller = aPoller(run);
    poller.start();
    await jest.advanceTimersByTimeAsync(1100);
    expect(run).toHaveBeenCalledTimes(3);
    await poller.stop();
  });

  test('when a pass does not end, then stopping waits no longer than it is told', async () => {
    const poller = aPoller(() => new Promise<void>(() => undefined));
    poller.start();
    await jest.advanceTimersByTimeAsync(1000);
    const stopped = poller.stop(500).then(() => 'stopped');
    await jest.advanceTimersByTimeAsync(500);
    expect(await stopped).toBe('stopped');
  });

  test('when a pass fails, then it is logged once and tried again, slower', async () => {
    const run = jest.fn(() => Promise.reject(new Error('away')));
    const poller = aPoller(run);
    poller.start();
    await jest.advanceTimersByTimeAsync(10_000);
    expect(run.mock.calls.length).toBeGreaterThanOrEqual(4);
    expect(run.mock.calls.length).toBeLessThanOrEqual(6);
    expect(warn).toHaveBeenCalledTimes(1);
    await poller.stop();
  });

  test('when it is stopped, then the pass under way ends first and none follows', async () => {
    const run = jest.fn(async () => undefined);
    const poller = aPoller(run);
    poller.start();
    await poller.stop();
    poller.nudge(0);
    await jest.advanceTimersByTimeAsync(5000);
    expect(run).not.toHaveBeenCalled();
  });
});
