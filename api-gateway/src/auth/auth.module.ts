import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtModule } from '@nestjs/jwt';
import { PassportModule } from '@nestjs/passport';
import { AuditModule } from '../audit/audit.module';
import { RateLimitModule } from '../rate-limit/rate-limit.module';
import { AdjustSessionsWhenAccountChanged } from './adjust-sessions-when-account-changed';
import { AdmissionGuard } from './admission.guard';
import { AuthController } from './auth.controller';
import { AuthenticationGuard } from './authentication.guard';
import { JwtStrategy } from './jwt.strategy';
import { LogIn } from './log-in';
import { LogOut } from './log-out';
import { LoginFailures } from './login-failures';
import { RefreshFamily } from './refresh-family';
import { RefreshSession } from './refresh-session';
import { Sessions } from './sessions';
import { SessionsController } from './sessions.controller';
import { ShowOpenSessions } from './show-open-sessions';
import { Tokens } from './tokens';

/** Who is calling: sessions and tokens, and the two guards in front of every route, in this order. */
@Module({
  imports: [JwtModule.register({}), PassportModule, AuditModule, RateLimitModule],
  controllers: [AuthController, SessionsController],
  providers: [
    Tokens,
    JwtStrategy,
    Sessions,
    RefreshFamily,
    LogIn,
    LoginFailures,
    LogOut,
    RefreshSession,
    ShowOpenSessions,
    AdjustSessionsWhenAccountChanged,
    { provide: APP_GUARD, useClass: AuthenticationGuard },
    { provide: APP_GUARD, useClass: AdmissionGuard },
  ],
  exports: [Sessions, AdjustSessionsWhenAccountChanged],
})
export class AuthModule {}
