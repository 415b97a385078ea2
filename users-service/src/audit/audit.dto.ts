import { NotBelow, PageRequestDto, PlainText } from '@shop/service-kit';
import type { users } from '@shop/proto';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsDefined,
  IsOptional,
  IsUUID,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { Details, Timestamp } from '../dto-rules';

export class AuditRecordDto implements users.AuditRecord {
  @IsUUID()
  id: string;

  @Timestamp()
  at: string;

  @PlainText(0, 100)
  actor: string;

  @PlainText(1, 100)
  action: string;

  @PlainText(0, 200)
  target: string;

  @PlainText(0, 100)
  ip: string;

  @PlainText(0, 64)
  requestId: string;

  @Details()
  details: Record<string, string>;
}

export class RecordAuditDto implements users.RecordAuditRequest {
  @IsDefined()
  @ValidateNested()
  @Type(() => AuditRecordDto)
  record: AuditRecordDto;
}

export class RecordAuditBatchDto implements users.RecordAuditBatchRequest {
  @ArrayNotEmpty()
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => AuditRecordDto)
  records: AuditRecordDto[];
}

export class ListAuditDto implements users.ListAuditRequest {
  @IsOptional()
  @ValidateNested()
  @Type(() => PageRequestDto)
  page: PageRequestDto | undefined;

  @PlainText(0, 100)
  actor: string;

  @PlainText(0, 100)
  action: string;

  @ValidateIf(({ from }: ListAuditDto) => from !== '')
  @Timestamp()
  from: string;

  @ValidateIf(({ to }: ListAuditDto) => to !== '')
  @Timestamp()
  @NotBelow('from')
  to: string;
}
