import { randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import { Logger } from '@shop/service-kit';
import type { Charge, HeldPayment, PaymentOutcome } from '../src/payments/payment-provider';
import { StripeProvider } from '../src/payments/stripe-provider';
import { FakeStripe, STRIPE_KEY } from '../src/testing/fake-stripe';

const HOUR_MS = 3_600_000;
const CAPTURED = { status: 'captured', reference: expect.stringMatching(/^pi_/) };
const DECLINED = { status: 'declined' };

let stripe: FakeStripe;
let provider: StripeProvider;
let logged: string;
let dice: () => number;

const logger = Logger.create(
  'orders-service',
  'info',
  new Writable({
    write(line, _encoding, done) {
      logged += String(line);
      done();
    },
  }),
);

function providerOf(changes: object = {}): StripeProvider {
  const settings = { STRIPE_SECRET_KEY: STRIPE_KEY, STRIPE_API_URL: stripe.url, STRIPE_SHOP: 'lamps' };
  return new StripeProvider({ ...settings, SAGA_PAYMENT_TIMEOUT: 10_000, ...changes }, logger);
}

beforeEach(async () => {
  logged = '';
  dice = Math.random;
  stripe = await FakeStripe.start(() => dice());
  provider = providerOf();
});
afterEach(() => stripe.stop());

function aCharge(changes: Partial<Charge> = {}): Charge {
  const charge = { key: randomUUID(), amount: 1999, currency: 'USD', method: 'pm_card_visa', startedAt: Date.now() };
  return { ...charge, ...changes };
}

const intents = () => [...stripe.books.intents.values()];
const taken = () => intents().map((intent) => stripe.books.netOf(intent));
const aCapture = async (changes: Partial<Charge> = {}) => {
  const charge = aCharge(changes);
  const outcome = (await provider.charge(charge)) as Extract<PaymentOutcome, { status: 'captured' }>;
  return { charge, refund: { key: randomUUID(), reference: outcome.reference, amount: charge.amount } };
};

describe('a payment method', () => {
  test.each(['pm_card_visa', 'pm_1PgafyB7WZ01zgkWSjxsAJo3'])('when it is called %s, then it may be one', (method) => {
    expect(provider.knows(method)).toBe(true);
  });

  test.each(['', 'pm_', 'card_1Pgaf', '4242424242424242', 'pm_a b', 'pm_1/../refunds'])(
    'when it is called %j, then it is none',
    (method) => {
      expect(provider.knows(method)).toBe(false);
    },
  );
});

describe('a charge', () => {
  test('when the card is good, then it is charged by one request, under the name of this shop', async () => {
    const charge = aCharge();
    expect(await provider.charge(charge)).toEqual(CAPTURED);
    expect(stripe.asked).toEqual(['POST /v1/payment_intents']);
    const metadata = { attempt_id: charge.key, shop: 'lamps' };
    expect(intents()).toEqual([expect.objectContaining({ amount_received: 1999, currency: 'usd', metadata })]);
  });

  test.each([
    ['is declined', { method: 'pm_card_visa_chargeDeclined' }, ''],
    ['is unknown', { method: 'pm_nobodyHasIt' }, 'resource_missing'],
    ['would be charged less than Stripe takes', { amount: 49 }, 'amount_too_small'],
  ])('when the card %s, then that is final, and nothing is taken', async (_what, changes, code) => {
    expect(await provider.charge(aCharge(changes))).toEqual(DECLINED);
    expect(taken().filter(Boolean)).toEqual([]);
    expect(logged).toContain(code);
  });

  test('when its holder would have to be asked, then it is declined and can never be paid', async () => {
    const charge = aCharge({ method: 'pm_card_authenticationRequired' });
    expect(await provider.charge(charge)).toEqual(DECLINED);
    expect(intents()).toMatchObject([{ status: 'canceled' }]);
    expect(await provider.charge(charge)).toEqual(DECLINED);
  });

  test('when Stripe has not decided, then nobody knows, until it has', async () => {
    const charge = aCharge({ method: 'pm_bank_debit' });
    await expect(provider.charge(charge)).rejects.toThrow('not decided');
    stripe.books.succeed(intents()[0]!);
    expect(await provider.charge(charge)).toEqual(CAPTURED);
    expect(taken()).toEqual([1999]);
  });

  test.each<[string, Partial<FakeStripe['whims']>]>([
    ['the answer is lost', { dropAnswer: 1 }],
    ['Stripe fails before it begins', { failBefore: 1 }],
    ['Stripe takes its time', { delayMs: 1500 }],
  ])(
    'when %s, then nobody knows; asked again, it says what happened, and the card is charged once',
    async (_what, whims) => {
      const impatient = providerOf({ SAGA_PAYMENT_TIMEOUT: 150 });
      dice = () => 0.9;
      Object.assign(stripe.whims, whims);
      const charge = aCharge();
      await expect(impatient.charge(charge)).rejects.toThrow(/^no outcome from Stripe/);
      Object.assign(stripe.whims, { dropAnswer: 0, failBefore: 0, delayMs: 0 });
      let outcome: PaymentOutcome | undefined;
      while (!outcome) outcome = await provider.charge(charge).catch(() => undefined);
      expect(outcome).toEqual(CAPTURED);
      expect(taken()).toEqual([1999]);
    },
  );

  test('when it is asked for twice at once, then the second does not know, and the card is charged once', async () => {
    stripe.whims.delayMs = 300;
    dice = () => 0.9; // 270 ms, or the first could be done before the second has come.
    const charge = aCharge();
    const [first, second] = await Promise.allSettled([provider.charge(charge), provider.charge(charge)]);
    expect([first, second]).toContainEqual({ status: 'fulfilled', value: CAPTURED });
    expect([first, second]).toContainEqual(
      expect.objectContaining({ reason: expect.objectContaining({ message: expect.stringContaining('409') }) }),
    );
    expect(taken()).toEqual([1999]);
  });

  test('when the key is not one of Stripe’s, then nobody knows, and neither the key nor the card is told', async () => {
    const stranger = providerOf({ STRIPE_SECRET_KEY: 'sk_test_aStrangerToStripe' });
    const error = await stranger.charge(aCharge()).catch((reason: unknown) => reason as Error);
    expect(error).toMatchObject({ message: 'no outcome from Stripe: StripeAuthenticationError 401 req_fake' });
    expect(Object.keys(error)).toEqual([]);
  });
});

describe('a charge that is given up', () => {
  test('when Stripe knows nothing of it, then looking it up says so, and voided it can never be charged', async () => {
    const charge = aCharge();
    expect(await provider.lookUp(charge.key)).toBeUndefined();
    expect(await provider.void(charge)).toEqual(DECLINED);
    expect(await provider.charge(charge)).toEqual(DECLINED);
    expect(await provider.void(charge)).toEqual(DECLINED);
    expect(intents()).toMatchObject([{ status: 'canceled', amount_received: 0 }]);
    expect(await provider.lookUp(charge.key)).toEqual(DECLINED);
  });

  test.each([
    { what: 'charged', method: 'pm_card_visa', outcome: CAPTURED, net: 1999 },
    { what: 'declined', method: 'pm_card_visa_chargeDeclined', outcome: DECLINED, net: 0 },
  ])('when the card was $what and the answer lost, then voiding it says so', async ({ method, outcome, net }) => {
    stripe.whims.dropAnswer = 1;
    stripe.whims.searchLagS = 60;
    const charge = aCharge({ method });
    await expect(provider.charge(charge)).rejects.toThrow();
    stripe.whims.dropAnswer = 0;
    expect(await provider.lookUp(charge.key)).toBeUndefined();
    expect(await provider.void(charge)).toEqual(outcome);
    expect(taken()).toEqual([net]);
  });

  test.each([
    ['charged', 'pm_card_visa', CAPTURED],
    ['declined', 'pm_card_visa_chargeDeclined', DECLINED],
  ])(
    'when Stripe has forgotten the key of a card that was %s, then the search says so',
    async (_what, method, outcome) => {
      const charge = aCharge({ method, startedAt: Date.now() - 24 * HOUR_MS });
      await provider.charge(charge);
      stripe.forgetKeys();
      expect(await provider.lookUp(charge.key)).toEqual(outcome);
      expect(intents()).toHaveLength(1);
    },
  );

  test('when the key may be forgotten, then it is not used again', async () => {
    const charge = aCharge({ startedAt: Date.now() - 23.1 * HOUR_MS });
    expect(await provider.void(charge)).toEqual(DECLINED);
    expect(stripe.asked).toEqual([]);
  });

  test('when Stripe remembers a failure of its own, then it is unknown until its search has caught up', async () => {
    stripe.whims.failAfter = 1;
    stripe.whims.searchLagS = 7200;
    const charge = aCharge({ method: 'pm_card_visa_chargeDeclined' });
    await expect(provider.charge(charge)).rejects.toThrow('500');
    stripe.whims.failAfter = 0;
    await expect(provider.void(charge)).rejects.toThrow('500');
    expect(await provider.void({ ...charge, startedAt: Date.now() - 1.1 * HOUR_MS })).toEqual(DECLINED);
  });

  test('when Stripe drops, delays and fails as it likes, then what is found out in the end is what it has on its books', async () => {
    Object.assign(stripe.whims, { dropAnswer: 0.3, failBefore: 0.2, delayMs: 20, searchLagS: 60 });
    const methods = ['pm_card_visa', 'pm_card_visa', 'pm_card_visa_chargeDeclined', 'pm_card_authenticationRequired'];
    await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const charge = aCharge({ method: methods[index % 4], amount: 1000 + index });
        let outcome: PaymentOutcome | undefined;
        // Some are given up while the question is still on its way.
        if (index % 3 === 0) void provider.charge(charge).catch(() => undefined);
        for (let tries = index % 3; !outcome; tries++) {
          const ask = async () =>
            tries < 2 ? provider.charge(charge) : ((await provider.lookUp(charge.key)) ?? provider.void(charge));
          outcome = await ask().catch(() => undefined);
        }
        const ofCharge = intents().filter(({ metadata }) => metadata.attempt_id === charge.key);
        const net = ofCharge.reduce((sum, intent) => sum + stripe.books.netOf(intent), 0);
        expect([charge.method, net]).toEqual([charge.method, outcome.status === 'captured' ? charge.amount : 0]);
        expect(ofCharge.length).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('a refund', () => {
  test('when the answer is lost, then it is asked for again and paid once', async () => {
    const { refund } = await aCapture();
    stripe.whims.dropAnswer = 1;
    await expect(provider.refund(refund)).rejects.toThrow();
    stripe.whims.dropAnswer = 0;
    await provider.refund(refund);
    await provider.refund(refund);
    expect(taken()).toEqual([0]);
    expect(stripe.books.refunds.size).toBe(1);
  });

  test('when somebody has paid it back in the dashboard, then it is done', async () => {
    const { refund } = await aCapture();
    stripe.books.refund({ payment_intent: refund.reference, amount: '1999' });
    await provider.refund(refund);
    expect(taken()).toEqual([0]);
  });

  test('when Stripe cannot pay it at once, then it is under way until it is paid, and asked for once', async () => {
    const { refund } = await aCapture();
    stripe.books.refundsBegin = 'pending';
    expect(await provider.refund(refund)).toBe('under way');
    expect(await provider.refund(refund)).toBe('under way');
    stripe.forgetKeys();
    expect(await provider.refund(refund)).toBe('under way');
    for (const made of stripe.books.refunds.values()) made.status = 'succeeded';
    expect(await provider.refund(refund)).toBe('paid');
    expect(stripe.books.refunds.size).toBe(1);
  });

  test('when what was under way fails, then it stays owed', async () => {
    const { refund } = await aCapture();
    stripe.books.refundsBegin = 'pending';
    await provider.refund(refund);
    for (const made of stripe.books.refunds.values()) made.status = 'failed';
    await expect(provider.refund(refund)).rejects.toThrow('the refund is failed');
  });

  test('when its key is that of its payment, as after a restore, then it is paid', async () => {
    const { charge, refund } = await aCapture();
    await provider.refund({ ...refund, key: charge.key });
    expect(taken()).toEqual([0]);
  });

  test('when there is no such payment, then it stays owed', async () => {
    await expect(provider.refund({ key: randomUUID(), reference: 'pi_none', amount: 1 })).rejects.toThrow(
      'resource_missing',
    );
  });
});

describe('what has moved since', () => {
  const moved = async (since = new Date(Date.now() - 60_000)) => {
    const payments: HeldPayment[] = [];
    for await (const payment of provider.movedSince(since)) payments.push(payment);
    return payments;
  };
  const ofThePast = (reference: string) =>
    Object.assign(stripe.books.intents.get(reference)!, { created: 1_700_000_000 });

  test('when payments were made, then those of this shop that took money are there, with what was paid back', async () => {
    const kept = await aCapture();
    const back = await aCapture({ amount: 700 });
    await provider.refund(back.refund);
    await provider.charge(aCharge({ method: 'pm_card_visa_chargeDeclined' }));
    await providerOf({ STRIPE_SHOP: 'other' }).charge(aCharge());
    expect(await moved()).toEqual([
      {
        key: back.charge.key,
        reference: back.refund.reference,
        amount: 700,
        refunds: [{ key: back.refund.key, amount: 700 }],
      },
      { key: kept.charge.key, reference: kept.refund.reference, amount: 1999, refunds: [] },
    ]);
  });

  test('when an old payment was paid back only now, then it is there, and one that was not is not', async () => {
    const [back, kept] = [await aCapture(), await aCapture()];
    for (const { refund } of [back, kept]) ofThePast(refund.reference);
    await provider.refund(back.refund);
    expect(await moved()).toMatchObject([{ key: back.charge.key, refunds: [{ key: back.refund.key }] }]);
  });

  test('when it was paid back in the dashboard, then that has the same key every time', async () => {
    const { refund } = await aCapture();
    stripe.books.refund({ payment_intent: refund.reference, amount: '500' });
    const [first, second] = [await moved(), await moved()];
    expect(first).toEqual(second);
    expect(first[0]?.refunds).toEqual([
      { key: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/), amount: 500 },
    ]);
  });

  test('when there are more than a page of them, then all are there', async () => {
    await Promise.all(Array.from({ length: 110 }, () => aCapture()));
    expect(new Set((await moved()).map(({ key }) => key)).size).toBe(110);
  });
});
