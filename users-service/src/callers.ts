import type { CallerAllowList } from '@shop/service-kit';

const gateway = ['api-gateway'];

/** Who may call what. Only the gateway speaks for users. */
export const callers: CallerAllowList = {
  RegisterUser: gateway,
  VerifyCredentials: gateway,
  GetUser: gateway,
  ListUsers: gateway,
  UpdateProfile: gateway,
  SetUserAccess: gateway,
  EraseUser: gateway,
  RecordAudit: gateway,
  ListAudit: gateway,
};
