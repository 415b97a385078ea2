import { PageRequestDto } from '@shop/service-kit';
import type { users } from '@shop/proto';
import { Type } from 'class-transformer';
import {
  IsISO8601,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  MaxLength,
  MinLength,
  ValidateIf,
  ValidateNested,
} from 'class-validator';

class AuditRecordDto implements users.AuditRecord {
  @IsUUID()
  id: string;

  @IsISO8601({ strict: true })
  at: string;

  @IsString()
  @MaxLength(100)
  actor: string;

  @IsString()
  @MinLength(1)
  @MaxLength(100)
  action: string;

  @IsString()
  @MaxLength(200)
  target: string;

  @IsString()
  @MaxLength(100)
  ip: string;

  @IsString()
  @MaxLength(64)
  requestId: string;

  @IsObject()
  details: Record<string, string>;
}

export class RecordAuditDto implements users.RecordAuditRequest {
  @ValidateNested()
  @Type(() => AuditRecordDto)
  record: AuditRecordDto;
}

export class ListAuditDto implements users.ListAuditRequest {
  @IsOptional()
  @ValidateNested()
  @Type(() => PageRequestDto)
  page: PageRequestDto | undefined;

  @IsString()
  @MaxLength(100)
  actor: string;

  @IsString()
  @MaxLength(100)
  action: string;

  @ValidateIf(({ from }: ListAuditDto) => from !== '')
  @IsISO8601({ strict: true })
  from: string;

  @ValidateIf(({ to }: ListAuditDto) => to !== '')
  @IsISO8601({ strict: true })
  to: string;
}
