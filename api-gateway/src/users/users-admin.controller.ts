import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Query, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiExtraModels,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentUser, Roles, type SignedInUser } from '../auth/access';
import { UsersClient } from '../clients.module';
import { LINK_HEADER } from '../http/list-body';
import { type ListBody, toListBody } from '../http/list-query';
import { ApiProblems } from '../http/problems';
import { IdPipe } from '../http/request-rules';
import { ChangeAccount } from './change-account';
import { toUserBody, UserBody, UserListBody } from './user-bodies';
import { SetAccessDto, UserQueryDto } from './user-requests';

const USER_ID = new IdPipe();

@ApiTags('users')
@Controller('users')
@Roles('admin')
@ApiExtraModels(SetAccessDto)
export class UsersAdminController {
  constructor(
    private readonly users: UsersClient,
    private readonly change: ChangeAccount,
  ) {}

  @Get()
  @ApiOperation({ summary: 'All users, newest first' })
  @ApiOkResponse({ type: UserListBody, headers: LINK_HEADER })
  @ApiProblems('VALIDATION_FAILED')
  async list(
    @Query() query: UserQueryDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ListBody<UserBody>> {
    const { search = '' } = query;
    const { items, page } = await this.users.listUsers({ page: query.pageRequest(), search });
    return toListBody(reply, reply.request, { items: items.map(toUserBody), page });
  }

  @Get(':id')
  @ApiOperation({ summary: 'One user' })
  @ApiOkResponse({ type: UserBody })
  @ApiProblems('NOT_FOUND')
  async get(@Param('id', USER_ID) id: string): Promise<UserBody> {
    return toUserBody(await this.users.getUser({ id }));
  }

  @Patch(':id')
  @ApiOperation({
    summary: "Change a user's role, shut them out or let them in again",
    description: 'In force on their live sessions when it is answered. At least one of the two must be given.',
  })
  @ApiBody({ schema: { allOf: [{ $ref: getSchemaPath(SetAccessDto) }], minProperties: 1 } })
  @ApiOkResponse({ type: UserBody })
  @ApiProblems('VALIDATION_FAILED', 'NOT_FOUND', 'CANNOT_CHANGE_SELF')
  async setAccess(
    @Param('id', USER_ID) id: string,
    @Body() body: SetAccessDto,
    @CurrentUser() admin: SignedInUser,
  ): Promise<UserBody> {
    return toUserBody(await this.change.setAccess(admin, id, body));
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Erase a user',
    description: 'As DELETE /users/me, which is also how admins erase themselves.',
  })
  @ApiNoContentResponse()
  @ApiProblems('NOT_FOUND', 'CANNOT_CHANGE_SELF')
  erase(@Param('id', USER_ID) id: string, @CurrentUser() admin: SignedInUser): Promise<void> {
    return this.change.erase(admin, id);
  }
}
