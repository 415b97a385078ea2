const PAUSE_MS = 25;
const QUIET_MS = 300;

/** Tries again until `check` neither throws nor answers false, at most `withinMs`; answers what it answers. */
export async function eventually<T>(check: () => T | Promise<T>, withinMs = 10_000): Promise<T> {
  const giveUpAt = Date.now() + withinMs;
  for (;;) {
    try {
      const answer = await check();
      if (answer !== false) return answer;
      if (Date.now() > giveUpAt) throw new Error(`not true within ${withinMs} ms`);
    } catch (error) {
      if (Date.now() > giveUpAt) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** What `read` answers when it has answered the same for a while: what was still under way has ended. */
export function onceQuiet<T>(read: () => Promise<T>): Promise<T> {
  return eventually(async () => {
    const first = await read();
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    const second = await read();
    if (JSON.stringify(first) !== JSON.stringify(second)) throw new Error('it goes on changing');
    return second;
  });
}
