import { AppProcess, type Settings } from './app-process';
import type { System } from './system';

/** More gateways of the system, one for each of the `settings`, while `use` goes on. */
export async function withGateways(
  system: System,
  settings: readonly Settings[],
  use: (...gateways: AppProcess[]) => Promise<void>,
): Promise<void> {
  const gateways = await Promise.all(settings.map((one) => AppProcess.start(system, 'api-gateway', one)));
  try {
    await use(...gateways);
  } finally {
    await Promise.all(gateways.map((gateway) => gateway.stop()));
  }
}
