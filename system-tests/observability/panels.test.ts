import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, freePort } from '@shop/service-kit/testing';
import { AppProcess } from '../testing/app-process';
import { anOrderOf } from '../testing/builders';
import { Client } from '../testing/client';
import { fullDisk, roundsAreDue } from '../testing/faults';
import { OBSERVABILITY, Prometheus, type Sample, targetsOf, whenInstalled } from '../testing/prometheus';
import { Repeating } from '../testing/repeating';
import { Shop } from '../testing/shop';
import { System } from '../testing/system';

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

const DASHBOARDS = join(OBSERVABILITY, 'grafana', 'dashboards');
const SHOWN = join(__dirname, '..', '..', '.local', 'panels.md');
const TIMES_FASTER = 10;
const LIMIT = 150_000;
const dashboards = readdirSync(DASHBOARDS).map((file) => JSON.parse(readFileSync(join(DASHBOARDS, file), 'utf8')));
const queries = dashboards.flatMap(({ title, panels }: { title: string; panels: Panel[] }) =>
  panels.flatMap((panel) =>
    (panel.targets ?? []).map(({ expr, legendFormat }) => ({
      dashboard: title,
      panel: panel.title,
      expr,
      legendFormat,
    })),
  ),
);
const system = System.shared();
const rows: string[] = [];
const undo: (() => unknown)[] = [];
let prometheus: Prometheus;

/** A customer who buys, cancels and mistypes a password, a card that is declined, stock that is short, and a gateway with limits. */
async function beginToTrade(shop: Shop, limited: AppProcess): Promise<void> {
  const product = await shop.productOnSale(100_000);
  const scarce = await shop.productOnSale(1);
  const customer = await eventually(() => shop.customer(), LIMIT / 2);
  const elsewhere = new Client(limited.http);
  const order = (of: string, units = 1, card?: string) => customer.call('POST', '/orders', anOrderOf(of, units, card));
  const tasks: (() => Promise<unknown>)[] = [
    () => order(product),
    () => order(product, 1, 'pm_card_visa_chargeDeclined'),
    () => order(scarce, 2),
    async () => customer.call('POST', `/orders/${(await order(product)).body.id}/cancel`),
    () => elsewhere.call('GET', '/products'),
    () => shop.anonymous().logIn(customer.account.email, 'wrong password'),
  ];
  // A machine that is busy answers some of it with 503 and the rest late, which is data, too.
  const trade = tasks.map((task) => async () => void (await task().catch(() => undefined)));
  const trading = new Repeating(300, trade);
  undo.push(() => trading.stop());
}

whenInstalled('the dashboards, while customers buy', () => {
  beforeAll(async () => {
    const METRICS_PORT = String(await freePort());
    const limited = await AppProcess.start(system, 'api-gateway', {
      METRICS_PORT,
      RATE_LIMIT_ENABLED: 'true',
      RATE_LIMIT_GLOBAL: '3/1',
    });
    undo.push(() => limited.stop());
    undo.push(await roundsAreDue(system));
    const compares = await AppProcess.start(system, 'orders-service', { RECONCILE_INTERVAL: '2s' });
    undo.push(() => compares.stop());
    const disk = await fullDisk();
    if (disk) undo.push(disk.empty);
    const more = [
      { job: 'api-gateway', address: `127.0.0.1:${METRICS_PORT}` },
      { job: 'orders-service', address: compares.http.slice('http://'.length) },
      ...(disk ? [disk.target] : []),
    ];
    prometheus = await Prometheus.start([...targetsOf(system), ...more], TIMES_FASTER);
    undo.push(() => prometheus.stop());
    await beginToTrade(await Shop.open(), limited);
  }, LIMIT);

  afterAll(async () => {
    for (const one of undo.reverse()) await one();
    mkdirSync(join(SHOWN, '..'), { recursive: true });
    const head = '| dashboard | panel | series | one of them | value |\n| --- | --- | --- | --- | --- |\n';
    writeFileSync(SHOWN, head + rows.sort().join('\n'));
  }, LIMIT);

  test.each(queries)(
    'when $dashboard: $panel is opened, then "$legendFormat" has data',
    async (query) => {
      const samples = await eventually(async () => {
        const found = (await prometheus.query(query.expr.replaceAll('$__rate_interval', '30s'))).filter(isNumber);
        expect(found).not.toEqual([]);
        return found;
      }, LIMIT / 2);
      rows.push(rowOf(query, samples));
    },
    LIMIT,
  );
});

function isNumber({ value: [, text] }: Sample): boolean {
  return Number.isFinite(Number(text));
}

function rowOf({ dashboard, panel, legendFormat }: (typeof queries)[number], samples: readonly Sample[]): string {
  const largest = samples.reduce((one, other) => (Number(other.value[1]) > Number(one.value[1]) ? other : one));
  const legend = legendFormat.replace(/\{\{(\w+)\}\}/g, (_, label: string) => largest.metric[label] ?? '');
  return `| ${dashboard} | ${panel} | ${samples.length} | ${legend} | ${Number(Number(largest.value[1]).toPrecision(3))} |`;
}
