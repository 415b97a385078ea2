import { scrape, sumOf } from '@shop/service-kit/testing';
import type { App, System } from './system';

/** Samples of an app that have these labels, among others. */
export type Counted = readonly [app: App, metric: string, labels?: Readonly<Record<string, string>>];

/** What an app's metrics say now. */
export function metricsOf(system: System, app: App): Promise<string> {
  const { http, metrics = http } = system.state().processes[app];
  return scrape(`http://127.0.0.1:${metrics}/metrics`);
}

/** Does the work, and answers what tells by how much these have grown since before. */
export async function growthOf(
  system: System,
  counted: readonly Counted[],
  work: () => Promise<unknown>,
): Promise<() => Promise<number[]>> {
  const read = () =>
    Promise.all(counted.map(async ([app, name, labels]) => sumOf(await metricsOf(system, app), name, labels) ?? 0));
  const before = await read();
  await work();
  return async () => (await read()).map((value, index) => value - (before[index] ?? 0));
}
