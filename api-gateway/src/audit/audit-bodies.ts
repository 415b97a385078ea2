import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import type { users } from '@shop/proto';
import { NotBelow } from '@shop/service-kit';
import { IsISO8601, IsOptional, Matches } from 'class-validator';
import { PageBody } from '../http/list-body';
import { ListQueryDto } from '../http/list-query';
import { Line } from '../http/request-rules';

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
const NOT_A_TIME = { message: '$property must be a time as in RFC 3339, for example 2026-11-24T08:30:00Z' };

export class AuditQueryDto extends ListQueryDto {
  @ApiPropertyOptional({ description: "A user's id, or a service's name" })
  @IsOptional()
  @Line(1, 100)
  actor?: string;

  @ApiPropertyOptional({ description: 'What was done: `login.refused`' })
  @IsOptional()
  @Line(1, 100)
  action?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Included' })
  @IsOptional()
  @Matches(RFC_3339, NOT_A_TIME)
  @IsISO8601({ strict: true }, NOT_A_TIME)
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Not included' })
  @IsOptional()
  @Matches(RFC_3339, NOT_A_TIME)
  @IsISO8601({ strict: true }, NOT_A_TIME)
  @NotBelow('from')
  to?: string;
}

@ApiSchema({ name: 'AuditRecord', description: 'Who did what to what, when and from where' })
export class AuditBody {
  @ApiProperty({ example: '6f1c1f5e-07a2-4d2f-9a51-0d5a3c1b2e4f' })
  id: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-24T08:30:00.000Z' })
  at: string;

  @ApiProperty({ description: 'Empty for somebody not known', example: 'b0b2c9b4-5d0a-4f7e-9a53-4f2f3f6f0c11' })
  actor: string;

  @ApiProperty({ example: 'order.status_changed' })
  action: string;

  @ApiProperty({ example: 'order:5b9c1a52-8c52-4a43-9b3d-0c7c1f2e3d4f' })
  target: string;

  @ApiProperty({ example: '203.0.113.7' })
  ip: string;

  @ApiProperty({ example: '3d6f3d6e-6b7c-4f0e-9d0c-0c1a2b3c4d5e' })
  requestId: string;

  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' }, example: { status: 'shipped' } })
  details: Record<string, string>;
}

@ApiSchema({ name: 'AuditList', description: 'One page of the audit trail' })
export class AuditListBody extends PageBody {
  @ApiProperty({ type: [AuditBody] })
  items: AuditBody[];
}

/** Named field by field, so that a new field of the contract is not public by accident. */
export function toAuditBody(record: users.AuditRecord): AuditBody {
  const { id, at, actor, action, target, ip, requestId, details } = record;
  return { id, at, actor, action, target, ip, requestId, details: { ...details } };
}
