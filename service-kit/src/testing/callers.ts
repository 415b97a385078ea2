import { runWithContext } from '../request-context';

/** An admin that no store knows. */
export const AN_ADMIN = '00000000-0000-4000-8000-000000000000';

export const asUser = <T>(id: string, work: () => T): T =>
  runWithContext({ requestId: 'test-request', user: { id, role: 'customer' } }, work);

/** An admin known to the gateway only, or the account `id` as one. */
export const asAdmin = <T>(work: () => T, id = AN_ADMIN): T =>
  runWithContext({ requestId: 'test-request', user: { id, role: 'admin' } }, work);
