import { eventually } from '@shop/service-kit/testing';
import { APPS, type System } from './system';

const WHOLE_WITHIN = 60_000;

/** Until every app has all that it needs: the next test is not about what this one did. */
export async function untilWhole(system: System): Promise<void> {
  await eventually(async () => {
    for (const app of APPS) await system.expectReady(app);
  }, WHOLE_WITHIN);
}
