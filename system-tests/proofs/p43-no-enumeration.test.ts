import { randomUUID } from 'node:crypto';
import { withoutRequest } from '../testing/clean-errors';
import { percentile } from '../testing/percentile';
import { proof } from '../testing/proof';

// Promised is 0.1.
const SLACK = 0.3;

proof('P43', 'when a login is refused, then neither words nor time say whether there is such an account', {
  sizes: { ci: { tries: 8 }, S: { tries: 40 }, L: { tries: 40, rounds: 5 } },
  run: async ({ shop, size, history, figures }) => {
    const guest = shop.anonymous();
    const { email, id } = (await shop.customer()).account;
    const shutOut = (await shop.customer()).account;
    await shop.admin.call('PATCH', `/users/${shutOut.id}`, { disabled: true });
    expect(id).not.toBe(shutOut.id);
    const emails: Record<string, () => string> = {
      known: () => email,
      unknown: () => `nobody-${randomUUID()}@example.com`,
      disabled: () => shutOut.email,
    };
    // In turn, so that whatever else slows the machine slows all of them.
    for (let n = 0; n < size.tries; n++)
      for (const [who, emailOf] of Object.entries(emails)) {
        const password = who === 'disabled' ? shutOut.password : `wrong ${randomUUID()}`;
        await history.record(who, () => guest.call('POST', '/auth/login', { email: emailOf(), password }));
      }
    const medianOf = (who: string) =>
      percentile(
        history.seen.filter(({ what }) => what === who).map(({ tookMs }) => tookMs),
        50,
      );
    for (const who of ['unknown', 'disabled']) {
      const ratio = medianOf(who) / medianOf('known');
      figures[`${who} to known`] = ratio.toFixed(2);
      expect(Math.abs(ratio - 1)).toBeLessThan(SLACK);
    }
    const answers = history.seen.map(({ answer }) => JSON.stringify(answer && withoutRequest(answer)));
    expect(new Set(answers).size).toBe(1);
    expect(history.seen[0]?.answer?.body.code).toBe('INVALID_CREDENTIALS');
    expect((await history.record('the owner', () => guest.logIn(email, 'not this one'))).outcome).toBe('fail');
    await history.record('GET /products', () => guest.call('GET', '/products?limit=1'));
  },
});
