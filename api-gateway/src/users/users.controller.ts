import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Query, Req, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DomainError } from '@shop/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentUser, Roles, type SignedInUser } from '../auth/access';
import { Sessions } from '../auth/sessions';
import { UsersClient } from '../clients.module';
import { type ListBody, toListBody } from '../http/list-query';
import { ApiProblems } from '../http/problems';
import { toUserBody, UserBody } from './user.body';
import { SetAccessDto, UserQueryDto } from './user.requests';

@ApiTags('users')
@Controller('users')
@Roles('admin')
export class UsersController {
  constructor(
    private readonly users: UsersClient,
    private readonly sessions: Sessions,
  ) {}

  @Get()
  @ApiOperation({ summary: 'All users, newest first' })
  @ApiOkResponse({ type: [UserBody] })
  @ApiProblems('VALIDATION_FAILED')
  async list(
    @Query() query: UserQueryDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ListBody<UserBody>> {
    const { items, page } = await this.users.listUsers({ page: query.pageRequest(), search: query.search ?? '' });
    return toListBody(reply, request, { items: items.map(toUserBody), page });
  }

  @Get(':id')
  @ApiOperation({ summary: 'One user' })
  @ApiOkResponse({ type: UserBody })
  @ApiProblems('NOT_FOUND')
  async get(@Param('id') id: string): Promise<UserBody> {
    return toUserBody(await this.users.getUser({ id }));
  }

  @Patch(':id')
  @ApiOperation({ summary: "Change a user's role, or shut them out; in force on their live sessions at once" })
  @ApiOkResponse({ type: UserBody })
  @ApiProblems('VALIDATION_FAILED', 'NOT_FOUND', 'CANNOT_CHANGE_SELF')
  async setAccess(@Param('id') id: string, @Body() { role, disabled }: SetAccessDto): Promise<UserBody> {
    if (role === undefined && disabled === undefined) {
      throw new DomainError('VALIDATION_FAILED', {
        fields: [{ field: 'role', message: 'role or disabled must be given' }],
      });
    }
    const user = await this.users.setUserAccess({ id, role, disabled });
    await this.sessions.changeAccess(id, { role, disabled }, user.updatedAt);
    return toUserBody(user);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Erase a user; their orders stay, without a name' })
  @ApiNoContentResponse()
  @ApiProblems('NOT_FOUND', 'CANNOT_CHANGE_SELF')
  async erase(@Param('id') id: string, @CurrentUser() admin: SignedInUser): Promise<void> {
    if (admin.id === id) throw new DomainError('CANNOT_CHANGE_SELF');
    await this.users.eraseUser({ id });
    await this.sessions.endAll(id);
  }
}
