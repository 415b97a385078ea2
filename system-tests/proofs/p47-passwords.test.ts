import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { proof } from '../testing/proof';

const COMMON = join(__dirname, '..', '..', 'users-service', 'common-passwords.txt');
const TWO_BYTES = 'ü';
const GOOD = {
  'of 8 characters': 'kT4 vz#q',
  'of 72 bytes': 'Zq'.repeat(36),
  'of 72 bytes in 36 characters': TWO_BYTES.repeat(36),
  'without digits or capitals': 'correct horse battery staple',
  'of spaces and letters': ' two  spaces ',
  emoji: '🐎🔋🖇️ pferd',
};
const BAD = {
  'of 7 characters': 'kT4 vz#',
  'of 7 characters in 14 bytes': TWO_BYTES.repeat(7),
  'of 73 bytes': `${'Zq'.repeat(36)}!`,
  'of 37 characters in 74 bytes': TWO_BYTES.repeat(37),
  'of 10,000 characters': 'Zq1 '.repeat(2500),
  'a number': 12345678,
  'nothing at all': '',
};

proof('P47', 'when a password is chosen, then its length and how common it is decide, and nothing of it is cut off', {
  sizes: { ci: { common: 50 }, S: { common: 3000 }, L: { common: 3000, rounds: 2 } },
  run: async ({ shop, size, history, figures }) => {
    const guest = shop.anonymous();
    const register = async (password: unknown) => {
      const body = { email: `${randomUUID()}@example.com`, password, name: 'Ada' };
      const { answer } = await history.record('POST /auth/register', () => guest.call('POST', '/auth/register', body));
      return { answer, email: body.email };
    };
    for (const [what, password] of Object.entries(GOOD)) {
      const { answer, email } = await register(password);
      expect([what, answer?.status]).toEqual([what, 201]);
      for (const wrong of [`${password}x`, password.slice(0, -1), password.toUpperCase()].filter(
        (one) => one !== password,
      ))
        expect([what, (await guest.logIn(email, wrong)).status]).toEqual([what, 401]);
      expect([what, (await guest.logIn(email, password)).status]).toEqual([what, 200]);
      guest.accessToken = '';
    }
    for (const [what, password] of Object.entries(BAD)) {
      const { answer } = await register(password);
      expect([what, answer?.status, answer?.body.errors?.[0].field]).toEqual([what, 400, 'password']);
    }
    for (const password of ['ada.lovelace@example.com', 'Ada.Lovelace']) {
      const body = { email: 'ada.lovelace@example.com', password, name: 'Ada' };
      const { answer } = await history.record('a password that is the address', () =>
        guest.call('POST', '/auth/register', body),
      );
      expect([password, answer?.status]).toEqual([password, 400]);
    }
    const common = readFileSync(COMMON, 'utf8')
      .split('\n')
      .filter((line) => line.length >= 8);
    const chosen = common.slice(0, size.common);
    for (const password of chosen) {
      const { answer } = await register(password);
      expect([password, answer?.status]).toEqual([password, 400]);
    }
    figures['common ones refused'] = chosen.length;
  },
});
