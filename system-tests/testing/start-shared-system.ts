import { System } from './system';

/** Jest's globalSetup of the system tests. SYSTEM_TESTS_DIR names the folder of one that runs already, without rate limits. */
export default async function startSharedSystem(): Promise<void> {
  if (process.env.SYSTEM_TESTS_DIR) return;
  const system = await System.start();
  process.env.SYSTEM_TESTS_DIR = system.dir;
  globalThis.sharedSystem = system;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      system.interrupt();
      process.exit(1);
    });
  }
}

declare global {
  var sharedSystem: System | undefined;
}
