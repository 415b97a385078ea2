import type { users } from '@shop/proto';
import type { AuditBody } from './audit.bodies';

export function toAuditBody(record: users.AuditRecord): AuditBody {
  const { id, at, actor, action, target, ip, requestId, details } = record;
  return { id, at, actor, action, target, ip, requestId, details: { ...details } };
}
