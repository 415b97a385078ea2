import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import type { users } from '@shop/proto';
import { IsISO8601, IsOptional, IsString, Length } from 'class-validator';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Roles } from '../auth/access';
import { UsersClient } from '../clients.module';
import { type ListBody, ListQueryDto, toListBody } from '../http/list-query';
import { ApiProblems } from '../http/problems';

export class AuditQueryDto extends ListQueryDto {
  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  @Length(1, 100)
  actor?: string;

  @ApiPropertyOptional({ example: 'login.refused' })
  @IsOptional()
  @IsString()
  @Length(1, 100)
  action?: string;

  @ApiPropertyOptional({ format: 'date-time' })
  @IsOptional()
  @IsISO8601({ strict: true })
  from?: string;

  @ApiPropertyOptional({ format: 'date-time' })
  @IsOptional()
  @IsISO8601({ strict: true })
  to?: string;
}

class AuditBody {
  @ApiProperty()
  id: string;

  @ApiProperty({ format: 'date-time' })
  at: string;

  @ApiProperty()
  actor: string;

  @ApiProperty()
  action: string;

  @ApiProperty()
  target: string;

  @ApiProperty()
  ip: string;

  @ApiProperty()
  requestId: string;

  @ApiProperty({ type: Object })
  details: Record<string, string>;
}

@ApiTags('audit')
@Controller('audit')
export class AuditController {
  constructor(private readonly users: UsersClient) {}

  @Get()
  @Roles('admin')
  @ApiOperation({ summary: 'Who did what, newest first' })
  @ApiOkResponse({ type: [AuditBody] })
  @ApiProblems('VALIDATION_FAILED')
  async list(
    @Query() query: AuditQueryDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ListBody<users.AuditRecord>> {
    const { actor = '', action = '', from = '', to = '' } = query;
    return toListBody(
      reply,
      request,
      await this.users.listAudit({ page: query.pageRequest(), actor, action, from, to }),
    );
  }
}
