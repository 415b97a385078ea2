import { Body, Controller, Delete, Get, HttpCode, Put } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentUser, type SignedInUser } from '../auth/access';
import { Sessions } from '../auth/sessions';
import { UsersClient } from '../clients.module';
import { ApiProblems } from '../http/problems';
import { ExportMe, type ExportBody } from './export-me';
import { toUserBody, UserBody } from './user.body';
import { EraseMeDto, UpdateProfileDto } from './user.requests';

@ApiTags('users')
@Controller('users/me')
export class MeController {
  constructor(
    private readonly users: UsersClient,
    private readonly sessions: Sessions,
    private readonly exportMe: ExportMe,
  ) {}

  @Get()
  @ApiOperation({ summary: 'The signed-in user' })
  @ApiOkResponse({ type: UserBody })
  async get(@CurrentUser() { id }: SignedInUser): Promise<UserBody> {
    return toUserBody(await this.users.getUser({ id }));
  }

  @Put()
  @ApiOperation({ summary: 'Change name, email or password; a new password ends all other sessions' })
  @ApiOkResponse({ type: UserBody })
  @ApiProblems('VALIDATION_FAILED', 'INVALID_CURRENT_PASSWORD', 'EMAIL_TAKEN')
  async update(@Body() body: UpdateProfileDto, @CurrentUser() { id, sessionId }: SignedInUser): Promise<UserBody> {
    if (body.password !== undefined) await this.sessions.expectPasswordChange(sessionId);
    const user = await this.users.updateProfile({ id, ...body });
    if (body.password !== undefined) await this.sessions.endAll(id, sessionId);
    return toUserBody(user);
  }

  @Delete()
  @HttpCode(204)
  @ApiOperation({ summary: 'Erase the account; orders stay, without a name' })
  @ApiNoContentResponse()
  @ApiProblems('VALIDATION_FAILED', 'INVALID_CURRENT_PASSWORD')
  async erase(@Body() { currentPassword }: EraseMeDto, @CurrentUser() { id }: SignedInUser): Promise<void> {
    await this.users.eraseUser({ id, currentPassword });
    await this.sessions.endAll(id);
  }

  @Get('export')
  @ApiOperation({ summary: 'All that is kept about the signed-in user' })
  @ApiOkResponse({ description: 'The account, its sessions and its orders' })
  export(@CurrentUser() { id }: SignedInUser): Promise<ExportBody> {
    return this.exportMe.execute(id);
  }
}
