import { Body, Controller, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { UsersClient } from '../clients.module';
import { ApiProblems } from '../http/problems';
import { RateLimit } from '../rate-limit/rate-limit.decorator';
import { toUserBody, UserBody } from '../users/user-bodies';
import { CurrentUser, Public, type SignedInUser } from './access';
import { LogInDto, RefreshDto, RegisterDto, RegisteredBody, SignedInBody, toSignedInBody } from './auth-bodies';
import { ApiForgets, forgetHere } from './forget-here';
import { type ClientInfo, LogIn } from './log-in';
import { LogOut } from './log-out';
import { RefreshSession } from './refresh-session';

@ApiTags('auth')
@Controller('auth')
export class AuthController {
  constructor(
    private readonly users: UsersClient,
    private readonly logIn: LogIn,
    private readonly refreshSession: RefreshSession,
    private readonly logOut: LogOut,
  ) {}

  @Post('register')
  @Public()
  @RateLimit('REGISTER')
  @ApiOperation({ summary: 'Open an account' })
  @ApiCreatedResponse({ type: RegisteredBody })
  @ApiProblems('VALIDATION_FAILED', 'EMAIL_TAKEN')
  async register(@Body() body: RegisterDto): Promise<RegisteredBody> {
    return { user: toUserBody(await this.users.registerUser(body)) };
  }

  @Post('login')
  @HttpCode(200)
  @Public()
  @RateLimit('LOGIN')
  @ApiOperation({ summary: 'Open a session' })
  @ApiOkResponse({ type: SignedInBody })
  @ApiProblems('VALIDATION_FAILED', 'INVALID_CREDENTIALS')
  async login(@Body() body: LogInDto, @Req() request: FastifyRequest): Promise<SignedInBody> {
    return toSignedInBody(await this.logIn.execute(body, clientOf(request)));
  }

  @Post('refresh')
  @HttpCode(200)
  @Public()
  @RateLimit('REFRESH')
  @ApiOperation({
    summary: 'Both tokens new, for the current refresh token',
    description:
      'The token before the current one, again within 10 s while neither new token was used, gets the same answer. Any ' +
      'other use of an old token ends its session.',
  })
  @ApiOkResponse({ type: SignedInBody })
  @ApiProblems('VALIDATION_FAILED', 'INVALID_REFRESH_TOKEN', 'REFRESH_TOKEN_REUSED')
  async refresh(@Body() { refreshToken }: RefreshDto, @Req() request: FastifyRequest): Promise<SignedInBody> {
    return toSignedInBody(await this.refreshSession.execute(refreshToken, request.ip));
  }

  @Post('logout')
  @HttpCode(204)
  @ApiOperation({ summary: 'End this session' })
  @ApiForgets()
  async logout(@CurrentUser() user: SignedInUser, @Res({ passthrough: true }) reply: FastifyReply): Promise<void> {
    await this.logOut.here(user, reply.request.ip);
    forgetHere(reply);
  }

  @Post('logout-all')
  @HttpCode(204)
  @ApiOperation({ summary: 'End all sessions of the signed-in user' })
  @ApiForgets()
  async logoutAll(@CurrentUser() user: SignedInUser, @Res({ passthrough: true }) reply: FastifyReply): Promise<void> {
    await this.logOut.everywhere(user, reply.request.ip);
    forgetHere(reply);
  }

  @Get('me')
  @ApiOperation({ summary: 'The signed-in user' })
  @ApiOkResponse({ type: UserBody })
  async me(@CurrentUser() { id }: SignedInUser): Promise<UserBody> {
    return toUserBody(await this.users.getUser({ id }));
  }
}

function clientOf({ ip, headers }: FastifyRequest): ClientInfo {
  return { ip, userAgent: headers['user-agent'] ?? '' };
}
