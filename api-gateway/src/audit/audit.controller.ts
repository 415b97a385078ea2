import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Roles } from '../auth/access';
import { UsersClient } from '../clients.module';
import { LINK_HEADER } from '../http/list-body';
import { type ListBody, toListBody } from '../http/list-query';
import { ApiProblems } from '../http/problems';
import { type AuditBody, AuditListBody, AuditQueryDto, toAuditBody } from './audit-bodies';

@ApiTags('audit')
@Controller('audit')
@Roles('admin')
export class AuditController {
  constructor(private readonly users: UsersClient) {}

  @Get()
  @ApiOperation({ summary: 'Who did what, newest first' })
  @ApiOkResponse({ type: AuditListBody, headers: LINK_HEADER })
  @ApiProblems('VALIDATION_FAILED')
  async list(
    @Query() query: AuditQueryDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ListBody<AuditBody>> {
    const { actor = '', action = '', from = '', to = '' } = query;
    const { items, page } = await this.users.listAudit({ page: query.pageRequest(), actor, action, from, to });
    return toListBody(reply, reply.request, { items: items.map(toAuditBody), page });
  }
}
