// What checking passwords costs without a shop around it: the same library, cost, and number at once as in users-service.
import { requireFrom } from '../local/workspace.mjs';

const { compare, hash } = requireFrom('users-service', 'bcrypt');
const COST = 12;

process.on('disconnect', () => process.exit());
process.once('message', (order) => void measure(order).then((result) => process.send({ result })));

async function measure({ count, width }) {
  const stored = await hash('as long as any', COST);
  let begun = 0;
  const startedAt = performance.now();
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: width }, () => work()));
  const { user, system } = process.cpuUsage(before);
  const seconds = (performance.now() - startedAt) / 1000;
  return { count, seconds, perSecond: count / seconds, cpuMs: { hash: (user + system) / 1000 / count } };

  async function work() {
    while (begun < count) {
      begun++;
      await compare('as long as any', stored);
    }
  }
}
