import { setTimeout as delay } from 'node:timers/promises';
import { adjustments, ordersAndNames, ordersUnderWay, sessions } from '../testing/acknowledged-writes';
import { expectAllFinished } from '../testing/expect-consistent';
import { proof, type Scene } from '../testing/proof';
import { Repeating } from '../testing/repeating';
import type { Store } from '../testing/system';
import { untilWhole } from '../testing/until-whole';

const BUSY_MS = 1000;
const AFTER_MS = 300;
const WRITERS = 3;

const WRITTEN_TO = { postgres: ordersAndNames, mongodb: adjustments, redis: sessions, rabbitmq: ordersUnderWay };

proof('P15', 'when a store is killed, then all that was acknowledged before is still there', {
  sizes: { ci: { trials: 1 }, S: { trials: 5 }, L: { trials: 20, rounds: 3 } },
  run: async (scene) => {
    const stores = Object.keys(WRITTEN_TO) as Store[];
    const kept = Object.fromEntries(stores.map((store) => [store, 0]));
    for (let trial = 0; trial < scene.size.trials; trial++)
      for (const store of stores) kept[store]! += await keptOver(scene, store);
    await expectAllFinished(scene.books);
    Object.assign(scene.figures, kept);
    for (const store of stores) expect(kept[store]).toBeGreaterThan(0);
    expect(await scene.books.wrongStock()).toEqual([]);
  },
});

async function keptOver({ shop, history }: Scene<object>, store: Store): Promise<number> {
  const begin = WRITTEN_TO[store];
  const all = [];
  while (all.length < WRITERS) all.push(await begin({ shop, history }));
  const writers = new Repeating(
    0,
    all.map((each) => {
      let turn = 1;
      return () => each.write(turn++);
    }),
  );
  await delay(BUSY_MS);
  history.note(`kill -9 ${store}`);
  shop.system.kill(store);
  await delay(AFTER_MS);
  await writers.stop();
  await untilWhole(shop);
  let kept = 0;
  for (const each of all) kept += await each.expectKept();
  return kept;
}
