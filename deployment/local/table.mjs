import { join, relative } from 'node:path';
import { portNamesOf } from './apps.mjs';

/** Where everything is, in a few lines. */
export function printTable({ storesOnly }, context, seconds) {
  const { dir, ports, wanted, admin } = context;
  const shown = (file) => relative(process.cwd(), join(dir, file)) || file;
  const stores = Object.keys(wanted).filter((name) => wanted[name]);
  const rows = [
    ...(storesOnly ? [] : appRows(context)),
    ['stores', stores.map((name) => `${name} ${ports[name]}`).join(' · ') || 'all given by the environment'],
    ...(admin ? [['admin', `${admin.email}, its password is in ${shown('admin.json')}`]] : []),
    ['files', `logs ${shown('logs')} · passwords ${shown('secrets')} · processes ${shown('state.json')}`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  console.log(`\nReady after ${seconds} s. Ctrl-C stops everything; the data is kept.\n`);
  for (const [name, value] of rows) console.log(`  ${name.padEnd(width)}  ${value}`);
  console.log('');
}

function appRows({ ports, instances, redisCommander, observed, dir }) {
  const isGateway = ({ app }) => app === 'api-gateway';
  const gateways = instances.filter(isGateway).map((each) => `http://127.0.0.1:${ports[portNamesOf(each).http]}`);
  const firsts = instances.filter(({ app, name }) => app === name);
  const metrics = firsts.map((each) => metricsOf(portNamesOf(each), ports));
  const services = instances.filter((each) => !isGateway(each)).map(({ name }) => name);
  return [
    ['API', gateways.join(' · ')],
    ['documentation', `${gateways[0]}/docs`],
    ['metrics', metrics.join(' · ')],
    ...(gateways.length > 1 ? [['services', services.join(' · ')]] : []),
    ...(redisCommander
      ? [
          [
            'Redis Commander',
            `http://127.0.0.1:${ports.redisCommander}, user admin, password in ${join(dir, 'secrets', 'redis-commander')}`,
          ],
        ]
      : []),
    ...(observed ? [['Prometheus', `http://127.0.0.1:${ports.prometheus}, alerts at /alerts`]] : []),
  ];
}

function metricsOf({ http, metrics = http }, ports) {
  return `http://127.0.0.1:${ports[metrics]}/metrics`;
}
