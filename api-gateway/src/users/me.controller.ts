import { Body, Controller, Delete, Get, HttpCode, Put, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentUser, type SignedInUser } from '../auth/access';
import { ApiForgets, forgetHere } from '../auth/forget-here';
import { UsersClient } from '../clients.module';
import { requireBody } from '../http/json-body';
import { ApiProblems } from '../http/problems';
import { RateLimit } from '../rate-limit/rate-limit.decorator';
import { ChangeAccount } from './change-account';
import { ExportAccount } from './export-account';
import { ExportBody } from './export-body';
import { toUserBody, UserBody } from './user-bodies';
import { EraseMeDto, UpdateMeDto } from './user-requests';

@ApiTags('users')
@Controller('users/me')
export class MeController {
  constructor(
    private readonly users: UsersClient,
    private readonly change: ChangeAccount,
    private readonly exportAccount: ExportAccount,
  ) {}

  @Get()
  @ApiOperation({ summary: 'The signed-in user' })
  @ApiOkResponse({ type: UserBody })
  async get(@CurrentUser() { id }: SignedInUser): Promise<UserBody> {
    return toUserBody(await this.users.getUser({ id }));
  }

  @Put()
  @ApiOperation({
    summary: 'Change name, email or password',
    description: 'What is left out stays. A new password ends all other sessions.',
  })
  @ApiOkResponse({ type: UserBody })
  @ApiProblems('VALIDATION_FAILED', 'INVALID_CURRENT_PASSWORD', 'EMAIL_TAKEN')
  async update(
    @Body() body: UpdateMeDto,
    @CurrentUser() user: SignedInUser,
    @Req() request: FastifyRequest,
  ): Promise<UserBody> {
    requireBody(request);
    return toUserBody(await this.change.updateMe(user, body));
  }

  @Delete()
  @HttpCode(204)
  @ApiOperation({
    summary: 'Erase the account',
    description: 'Personal data go and all sessions end; orders are kept without a name.',
  })
  @ApiForgets()
  @ApiProblems('VALIDATION_FAILED', 'INVALID_CURRENT_PASSWORD')
  async erase(
    @Body() { currentPassword }: EraseMeDto,
    @CurrentUser() user: SignedInUser,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.change.eraseMe(user, currentPassword);
    forgetHere(reply);
  }

  @Get('export')
  @RateLimit('EXPORT')
  @ApiOperation({ summary: 'All that is kept about the signed-in user' })
  @ApiOkResponse({ type: ExportBody })
  export(@CurrentUser() user: SignedInUser, @Req() { ip }: FastifyRequest): Promise<ExportBody> {
    return this.exportAccount.execute(user, ip);
  }
}
