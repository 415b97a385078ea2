import type { CallerAllowList } from '@shop/service-kit';

const gateway = ['api-gateway'];
// Whoever works on the system by hand, with a certificate of that name.
const operator = 'operator';

/** Who may call what. Only the gateway speaks for users. */
export const callers: CallerAllowList = {
  RegisterUser: gateway,
  VerifyCredentials: gateway,
  GetUser: gateway,
  ListUsers: gateway,
  UpdateProfile: gateway,
  SetUserAccess: gateway,
  EraseUser: gateway,
  RecordAudit: [...gateway, operator],
  RecordAuditBatch: gateway,
  ListAudit: gateway,
};
