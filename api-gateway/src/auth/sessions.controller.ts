import { Controller, Delete, Get, HttpCode, Param, Req } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { ApiProblems } from '../http/problems';
import { CurrentUser, type SignedInUser } from './access';
import { SessionListBody } from './auth-bodies';
import { LogOut } from './log-out';
import { Sessions } from './sessions';

@ApiTags('auth')
@Controller('auth/sessions')
export class SessionsController {
  constructor(
    private readonly sessions: Sessions,
    private readonly logOut: LogOut,
  ) {}

  @Get()
  @ApiOperation({ summary: "The signed-in user's sessions, newest first" })
  @ApiOkResponse({ type: SessionListBody })
  async list(@CurrentUser() { id, sessionId }: SignedInUser): Promise<SessionListBody> {
    const sessions = await this.sessions.list(id);
    return { items: sessions.map((session) => ({ ...session, current: session.id === sessionId })) };
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'End one of the sessions' })
  @ApiNoContentResponse()
  @ApiProblems('NOT_FOUND')
  end(@CurrentUser() user: SignedInUser, @Param('id') id: string, @Req() { ip }: FastifyRequest): Promise<void> {
    return this.logOut.elsewhere(user, ip, id);
  }
}
