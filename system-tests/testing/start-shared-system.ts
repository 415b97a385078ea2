import { System } from './system';

/** Jest's globalSetup of the system tests. SYSTEM_TESTS_DIR names the folder of one that runs already, without rate limits. */
export default async function startSharedSystem(): Promise<void> {
  if (process.env.SYSTEM_TESTS_DIR) return;
  const system = System.launch();
  process.env.SYSTEM_TESTS_DIR = system.dir;
  globalThis.sharedSystem = system;
  // There is no teardown then, and the processes would outlive us.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void system.stop().finally(() => process.exit(1)));
  }
  await system.untilReady();
}

declare global {
  var sharedSystem: System | undefined;
}
