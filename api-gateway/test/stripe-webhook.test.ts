import { createHmac, randomUUID } from 'node:crypto';
import { DomainError } from '@shop/service-kit';
import { ask, expectProblem } from './http';
import { type Gateway, startGateway } from './gateway';

const SECRET = 'whsec_forTheTestsOfTheGateway';
const nowS = () => Math.floor(Date.now() / 1000);
const SUCCEEDED = 'payment_intent.succeeded';

let gateway: Gateway;
const record = jest.fn();

beforeAll(async () => {
  const env = { STRIPE_WEBHOOK_SECRET: SECRET, RATE_LIMIT_GLOBAL: '5/60' };
  gateway = await startGateway({ orders: { recordPaymentOutcome: record }, env });
});
beforeEach(() => {
  record.mockReset().mockResolvedValue({});
  gateway.logs.length = 0;
});
afterAll(() => gateway.stop());

const metadata = { shop: 'lamps', attempt_id: randomUUID() };
const anEvent = (type = SUCCEEDED, object: object = { id: 'pi_1', metadata }) =>
  // Laid out as nothing here would lay it out: what is signed are these very bytes.
  JSON.stringify({ id: 'evt_1', object: 'event', type, data: { object } }, undefined, 3);
const signed = (body: string, at: number | string = nowS(), secret = SECRET) =>
  `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`;
const send = (body: string, signature?: string, url = gateway.url) =>
  ask(url, 'POST /webhooks/stripe', {
    body,
    headers: signature === undefined ? {} : { 'stripe-signature': signature },
  });

describe('what Stripe tells', () => {
  test.each([
    [SUCCEEDED, 'captured'],
    ['payment_intent.payment_failed', 'declined'],
    ['payment_intent.canceled', 'declined'],
  ])('when it is %s, then orders-service hears that it was %s, and of which attempt', async (type, outcome) => {
    const body = anEvent(type);
    expect(await send(body, signed(body))).toMatchObject({ status: 200, body: { received: true } });
    const told = { shop: 'lamps', attemptId: metadata.attempt_id, outcome, reference: 'pi_1' };
    expect(record.mock.calls.map(([request]: unknown[]) => request)).toEqual([told]);
  });

  test.each([
    ['is of another kind', anEvent('payment_intent.created')],
    ['is called as every object’s own things are', anEvent('constructor')],
    ['is about no payment', anEvent('invoice.paid', { id: 'in_1' })],
    ['is about a payment of other software', anEvent(SUCCEEDED, { id: 'pi_2', metadata: { order: '7' } })],
  ])('when it %s, then it is taken, and nobody is told', async (_what, body) => {
    expect((await send(body, signed(body))).status).toBe(200);
    expect(record).not.toHaveBeenCalled();
  });

  test('when orders-service is away, then 503, so that Stripe sends it again', async () => {
    record.mockRejectedValue(new DomainError('UNAVAILABLE'));
    const body = anEvent();
    const answer = await send(body, signed(body));
    expectProblem(answer, 503, 'UNAVAILABLE');
    expect(answer.headers.get('retry-after')).toBe('1');
  });

  test('when much of it comes from one address, then none is refused', async () => {
    const body = anEvent();
    const answers = await Promise.all(Array.from({ length: 50 }, () => send(body, signed(body))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(answers[0]?.headers.get('ratelimit')).toBeNull();
  });

  test('when a signature was made with a secret that is being replaced, then one good one among several is enough', async () => {
    const body = anEvent();
    const [time, good = ''] = signed(body).split(',');
    expect((await send(body, `${time},v1=${'0'.repeat(64)},${good},v0=abc`)).status).toBe(200);
  });
});

describe('what Stripe has not told', () => {
  const body = anEvent();
  const [, good = ''] = signed(body).split(',');

  test.each<[string, string | undefined]>([
    ['nobody signed', undefined],
    ['has an empty signature', ''],
    ['has something else for a signature', 'good'],
    ['was signed with another secret', signed(body, nowS(), 'whsec_ofSomebodyElseAltogether')],
    ['was signed for another body', signed(`${body} `)],
    ['was parsed and written again before it was signed', signed(JSON.stringify(JSON.parse(body)))],
    ['has the signature of another time', `t=${nowS() - 10},${good}`],
    ['has a signature and no time', good],
    ['is older than five minutes', signed(body, nowS() - 305)],
    ['comes from the future', signed(body, nowS() + 3600)],
    ['has two times, one of the future', `t=${nowS() + 3600},${signed(body)}`],
    ['has a time that is no number', signed(body, `${nowS()}s`)],
  ])('when a message %s, then it is refused and noticed, and nobody is told', async (_what, signature) => {
    expectProblem(await send(body, signature), 400, 'VALIDATION_FAILED');
    expect(record).not.toHaveBeenCalled();
    const events = gateway.logs.filter((line) => line['event.action'] === 'webhook_refused');
    expect(events).toEqual([expect.objectContaining({ 'client.ip': '127.0.0.1', 'event.reason': expect.any(String) })]);
    expect(JSON.stringify(gateway.logs)).not.toContain(metadata.attempt_id);
  });

  test.each([-295, 295])('when it is %i s from now, then it is still taken', async (seconds) => {
    expect((await send(body, signed(body, nowS() + seconds))).status).toBe(200);
  });

  test('when it is larger than 100 kB, or no JSON, then it is refused as everywhere', async () => {
    const large = JSON.stringify({ a: 'x'.repeat(102_400) });
    expectProblem(await send(large, signed(large)), 413, 'PAYLOAD_TOO_LARGE');
    expectProblem(await send('{"a":', signed('{"a":')), 400, 'MALFORMED_JSON');
  });

  test('when the shop has no secret for it, then there is no such thing', async () => {
    const other = await startGateway({ env: { RATE_LIMIT_ENABLED: 'false' } });
    expectProblem(await send(body, signed(body), other.url), 404, 'NOT_FOUND');
    await other.stop();
  });
});
