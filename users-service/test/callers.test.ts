import { randomUUID } from 'node:crypto';
import { CallerMatrix, type Doors, everythingIn, onceQuiet } from '@shop/service-kit/testing';
import { callers } from '../src/callers';
import { aRegistration, PASSWORD, startTestApp, type TestApp } from './support';

let shop: TestApp;
let doors: Doors;

beforeAll(async () => {
  shop = await startTestApp();
  const [user, changed, demoted, erased] = await Promise.all(
    [1, 2, 3, 4].map(() => shop.users.registerUser(aRegistration())),
  );
  const { id, email } = user!;
  const may = ['api-gateway'];
  const record = { id: randomUUID(), at: new Date().toISOString(), actor: id, action: 'tried', target: `user:${id}` };
  doors = {
    RegisterUser: { may, with: aRegistration() },
    VerifyCredentials: { may, with: { email, password: PASSWORD } },
    GetUser: { may, with: { id } },
    ListUsers: { may, with: { search: '' } },
    UpdateProfile: { may, with: { id: changed!.id, name: 'Somebody Else' } },
    SetUserAccess: { may, with: { id: demoted!.id, role: 'admin' } },
    EraseUser: { may, with: { id: erased!.id } },
    RecordAudit: { may: [...may, 'operator'], with: { record } },
    RecordAuditBatch: { may, with: { records: [{ ...record, id: randomUUID() }] } },
    ListAudit: { may, with: { actor: '' } },
  };
});
afterAll(() => shop.close());

test('when the contract has a method, then it is decided here who may call it, and callers.ts says the same', () => {
  expect(CallerMatrix.methodsOf('users').sort()).toEqual(Object.keys(doors).sort());
  expect(callers).toEqual(Object.fromEntries(Object.entries(doors).map(([name, { may }]) => [name, may])));
});

test('when every caller tries every method, then only those who may get in, and the others change nothing', async () => {
  const matrix = await CallerMatrix.of('users', `127.0.0.1:${shop.config.GRPC_PORT}`, doors);
  const before = await onceQuiet(() => everythingIn(shop.database));
  const published = shop.bus.published.length;

  expect(await matrix.notRefused()).toEqual([]);
  expect(await everythingIn(shop.database)).toEqual(before);
  expect(shop.bus.published).toHaveLength(published);
  expect(await matrix.notLetIn()).toEqual([]);
  expect(await everythingIn(shop.database)).not.toEqual(before);
}, 120_000);
