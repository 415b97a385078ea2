import { Logger } from '../src';

/** An address of a real store. `npm test` starts the stores and sets these. */
export function storeAddress(variable: 'TEST_RABBITMQ_URL' | 'TEST_POSTGRES_URL' | 'TEST_TLS_DIR'): string {
  const value = process.env[variable];
  if (!value) throw new Error(`${variable} is not set: component tests run on real stores, start them with npm test`);
  return value;
}

export const quiet = Logger.create('service-kit-test', 'silent');

/** Waits until `check` no longer throws (or answers false). */
export async function eventually(check: () => unknown, withinMs = 10_000): Promise<void> {
  const giveUpAt = Date.now() + withinMs;
  for (;;) {
    try {
      if ((await check()) !== false) return;
      if (Date.now() > giveUpAt) throw new Error(`not true within ${withinMs} ms`);
    } catch (error) {
      if (Date.now() > giveUpAt) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
