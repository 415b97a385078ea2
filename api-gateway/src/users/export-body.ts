import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { AuditBody } from '../audit/audit-bodies';
import { SessionBody } from '../auth/auth-bodies';
import { OrderBody } from '../orders/order-bodies';
import { UserBody } from './user-bodies';

@ApiSchema({ name: 'AccountExport', description: 'All that is kept about one user' })
export class ExportBody {
  @ApiProperty({ format: 'date-time', example: '2026-11-24T08:30:00.000Z' })
  exportedAt: string;

  @ApiProperty({
    example: true,
    description: 'False when there are more than 2,000 orders or audit records; the newest are here',
  })
  complete: boolean;

  @ApiProperty({ type: UserBody })
  user: UserBody;

  @ApiProperty({ type: [SessionBody] })
  sessions: SessionBody[];

  @ApiProperty({ type: [OrderBody] })
  orders: OrderBody[];

  @ApiProperty({ type: [AuditBody], description: 'What the audit trail says this user did' })
  audit: AuditBody[];
}
