import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsString, Length } from 'class-validator';
import { lineToTrim } from '../http/request-rules';
import { toUserBody, UserBody } from '../users/user-bodies';
import { EMAIL_ADDRESS, NAME, NEW_PASSWORD, PASSWORD } from '../users/account-rules';
import type { SignedIn } from './log-in';

/* Shapes only: what a good password or address is, users-service decides. */

const A_TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIuLi4ifQ.c2lnbmF0dXJl';

@ApiSchema({ name: 'NewAccount', description: 'Whoever registers is a customer' })
export class RegisterDto {
  @ApiProperty({ ...EMAIL_ADDRESS, example: 'ada@example.com' })
  @IsString()
  @Length(1, 1000)
  email: string;

  @ApiProperty({ ...NEW_PASSWORD, example: 'correct horse battery' })
  @IsString()
  @Length(1, 1000)
  password: string;

  @ApiProperty({ ...NAME, example: 'Ada Lovelace' })
  @IsString()
  @Length(1, 1000)
  name: string;
}

@ApiSchema({ name: 'Credentials', description: 'What one signs in with' })
export class LogInDto {
  @ApiProperty({ ...lineToTrim(254), example: 'ada@example.com' })
  @IsString()
  @Length(1, 1000)
  email: string;

  @ApiProperty({ ...PASSWORD, example: 'correct horse battery' })
  @IsString()
  @Length(1, 1000)
  password: string;
}

@ApiSchema({ name: 'RefreshRequest', description: 'What a new pair of tokens is asked for with' })
export class RefreshDto {
  @ApiProperty({ minLength: 1, maxLength: 4096, example: A_TOKEN, description: 'The newest one of the session' })
  @IsString()
  @Length(1, 4096)
  refreshToken: string;
}

@ApiSchema({ name: 'Registered', description: 'The new account' })
export class RegisteredBody {
  @ApiProperty({ type: UserBody })
  user: UserBody;
}

@ApiSchema({ name: 'SignedIn', description: 'A session: two tokens and whose they are' })
export class SignedInBody {
  @ApiProperty({ example: A_TOKEN, description: 'For `Authorization: Bearer …`' })
  accessToken: string;

  @ApiProperty({ example: A_TOKEN, description: 'For POST /auth/refresh, once' })
  refreshToken: string;

  @ApiProperty({ enum: ['Bearer'], example: 'Bearer' })
  tokenType: 'Bearer';

  @ApiProperty({ example: 900, type: 'integer', description: 'Seconds until the access token expires' })
  expiresIn: number;

  @ApiProperty({ example: 604_800, type: 'integer', description: 'Seconds until the refresh token expires' })
  refreshExpiresIn: number;

  @ApiProperty({ type: UserBody })
  user: UserBody;
}

@ApiSchema({ name: 'Session', description: 'One place where somebody is signed in' })
export class SessionBody {
  @ApiProperty({ example: '9d3f6a5e-2b1c-4c8d-8a57-6e1f0b2c3d4e' })
  id: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-24T08:30:00.000Z' })
  createdAt: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-24T08:30:00.000Z', description: 'To the minute' })
  lastSeenAt: string;

  @ApiProperty({ example: '203.0.113.7' })
  ip: string;

  @ApiProperty({ example: 'Mozilla/5.0 (X11; Linux x86_64)', description: 'As the client said when it signed in' })
  userAgent: string;

  @ApiProperty({ example: true, description: 'The session this request came with' })
  current: boolean;
}

@ApiSchema({ name: 'SessionList', description: 'All live sessions; there are few, so they are not paged' })
export class SessionListBody {
  @ApiProperty({ type: [SessionBody] })
  items: SessionBody[];
}

export function toSignedInBody({ user, ...tokens }: SignedIn): SignedInBody {
  return { ...tokens, tokenType: 'Bearer', user: toUserBody(user) };
}
