import { DomainError, requestContext } from '@shop/service-kit';
import type { users } from '@shop/proto';

export const PASSWORD = 'correct horse battery';

export function aUser(overrides: Partial<users.User> = {}): users.User {
  return {
    id: 'user-1',
    email: 'ada@example.com',
    name: 'Ada',
    role: 'customer',
    disabled: false,
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
    ...overrides,
  };
}

/** A users-service in memory, as strict about who asks as the real one. */
export function fakeUsers(known: users.User[]) {
  const audit: users.AuditRecord[] = [];
  const calls: string[] = [];
  return {
    audit,
    calls,
    methods: {
      async registerUser({ email, name }: users.RegisterUserRequest) {
        calls.push('registerUser');
        if (known.some((user) => user.email === email)) throw new DomainError('EMAIL_TAKEN');
        return aUser({ id: 'user-new', email, name });
      },
      async verifyCredentials({ email, password }: users.VerifyCredentialsRequest) {
        calls.push('verifyCredentials');
        const user = known.find((candidate) => candidate.email === email);
        if (!user || user.disabled || password !== PASSWORD) throw new DomainError('INVALID_CREDENTIALS');
        return user;
      },
      async getUser({ id }: users.GetUserRequest) {
        calls.push('getUser');
        const asking = requestContext()?.user;
        const user = known.find((candidate) => candidate.id === id);
        if (!asking) throw new DomainError('UNAUTHENTICATED');
        if (!user || (asking.id !== id && asking.role !== 'admin')) throw new DomainError('NOT_FOUND');
        return user;
      },
      async recordAudit({ record }: users.RecordAuditRequest) {
        if (record) audit.push(record);
        return {};
      },
      async recordAuditBatch({ records }: users.RecordAuditBatchRequest) {
        audit.push(...records);
        return {};
      },
    },
  };
}
