import { eventually } from '@shop/service-kit/testing';
import { AppProcess } from '../testing/app-process';
import { anOrderOf } from '../testing/builders';
import { Canaries } from '../testing/canaries';
import type { Answer } from '../testing/client';
import { type Doors, useTheApi, useTheBackDoors } from '../testing/doors';
import type { History } from '../testing/history';
import { allLinesOf, linesOf, logsOf } from '../testing/log-lines';
import { proof } from '../testing/proof';
import { Shop } from '../testing/shop';
import { APPS, System } from '../testing/system';

// The services write what waits every 100 ms.
const WRITTEN_WITHIN = 20_000;
const ATTEMPTS_TO_BE_LIMITED = 40;

const REFUSED_AS: Readonly<Record<number, string>> = {
  400: 'input_refused',
  401: 'request_refused',
  403: 'request_refused',
  429: 'rate_limited',
};

const HAPPENED = [
  ...['login_succeeded', 'login_refused', 'credentials_refused', 'refresh_token_reused', 'session_ended'],
  ...['request_refused', 'rate_limited', 'input_refused', 'request_unreadable', 'handshake_failed'],
  ...['account_registered', 'password_changed', 'role_changed', 'account_disabled', 'account_enabled'],
  ...['account_erased', 'data_exported', 'grpc_caller_refused', 'rest_caller_refused', 'bad_message'],
  ...['dead_letter_replayed', 'dead_letter_dropped', 'foreign_object_asked'],
];

proof('P75', 'when secrets come through every door, then no log has any of them, and each has what happened', {
  sizes: { ci: { customers: 2 }, S: { customers: 20 }, L: { customers: 20, rounds: 5 } },
  run: async ({ size, history, figures }) => {
    // Not the shared one: at this level others would be slow, and their logs are not what is meant.
    const system = await System.start({ LOG_LEVEL: 'trace' });
    try {
      const shop = await Shop.open(system);
      const canaries = new Canaries();
      const answers: Answer[] = [];
      const productId = await shop.productOnSale(100);
      const doors: Doors = { shop, canaries, productId, ask: asking(history, answers) };
      for (let n = 0; n < size.customers; n++) await useTheApi(doors);
      await askForAnothersOrder(doors);
      await useTheBackDoors(doors);
      await beLimited(doors);
      await eventually(() => expectTold(system, answers), WRITTEN_WITHIN);

      canaries.rememberSecretsOf(system);
      const logs = [...logsOf(system)];
      expect(logs.flatMap(([file, text]) => canaries.foundIn(text).map((what) => `${what} in ${file}`))).toEqual([]);
      figures['secret values'] = canaries.count;
      figures['bytes of logs'] = logs.reduce((sum, [, text]) => sum + text.length, 0);
    } finally {
      await system.stop();
    }
  },
});

function asking(history: History, answers: Answer[]): Doors['ask'] {
  return async (client, request, body) => {
    const [method = '', path = ''] = request.split(' ');
    const { answer } = await history.record(`${method} ${path.split(/[?/]/)[1]}`, () =>
      client.call(method, path, body),
    );
    if (!answer) throw new Error(`no answer to ${method}`);
    answers.push(answer);
    return answer;
  };
}

async function askForAnothersOrder({ shop, productId, ask }: Doors): Promise<void> {
  const { body } = await ask(await shop.customer(), 'POST /orders', anOrderOf(productId));
  expect((await ask(await shop.customer(), `GET /orders/${body.id}`)).status).toBe(404);
}

/** At a gateway that counts, guesses until it has had enough. */
async function beLimited({ shop, canaries, ask }: Doors): Promise<void> {
  const settings = { RATE_LIMIT_ENABLED: 'true', LOG_LEVEL: 'trace' };
  const gateway = await AppProcess.start(shop.system, 'api-gateway', settings);
  try {
    const guesser = shop.anonymous().at(gateway.http);
    const guess = () => ({ email: 'nobody@example.com', password: canaries.password() });
    let status = 0;
    for (let n = 0; n < ATTEMPTS_TO_BE_LIMITED && status !== 429; n++)
      ({ status } = await ask(guesser, 'POST /auth/login', guess()));
    expect(status).toBe(429);
  } finally {
    await gateway.stop();
  }
}

/** What is for debugging, each kind of event, and of each answer that refuses, its own line. */
function expectTold(system: System, answers: readonly Answer[]): void {
  for (const app of APPS)
    expect([app, linesOf(system, app).some((line) => line['log.level'] === 'debug')]).toEqual([app, true]);
  const lines = allLinesOf(system);
  const events = new Set(lines.map((line) => line['event.action']));
  expect(HAPPENED.filter((event) => !events.has(event))).toEqual([]);
  const told = new Set(lines.map((line) => `${String(line['event.action'])} ${String(line['http.request.id'])}`));
  const refusals = answers
    .filter(({ status }) => status in REFUSED_AS)
    .map(({ status, headers }) => `${REFUSED_AS[status]} ${headers.get('x-request-id')}`);
  expect(refusals.filter((refusal) => !told.has(refusal))).toEqual([]);
}
