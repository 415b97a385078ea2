import { ApiProperty } from '@nestjs/swagger';
import { IsString, Length } from 'class-validator';
import { toUserBody, UserBody } from '../users/user.body';
import type { SignedIn } from './log-in';

/* Shapes only: what a good password or address is, users-service decides. */

export class RegisterDto {
  @ApiProperty({ example: 'ada@example.com', maxLength: 254 })
  @IsString()
  @Length(1, 1000)
  email: string;

  @ApiProperty({ minLength: 8, description: 'Up to 72 bytes of UTF-8; the most common passwords are refused' })
  @IsString()
  @Length(1, 1000)
  password: string;

  @ApiProperty({ example: 'Ada Lovelace', minLength: 1, maxLength: 100 })
  @IsString()
  @Length(1, 1000)
  name: string;
}

export class LogInDto {
  @ApiProperty({ example: 'ada@example.com' })
  @IsString()
  @Length(1, 1000)
  email: string;

  @ApiProperty()
  @IsString()
  @Length(1, 1000)
  password: string;
}

export class RefreshDto {
  @ApiProperty()
  @IsString()
  @Length(1, 4096)
  refreshToken: string;
}

export class RegisteredBody {
  @ApiProperty({ type: UserBody })
  user: UserBody;
}

export class SignedInBody {
  @ApiProperty()
  accessToken: string;

  @ApiProperty()
  refreshToken: string;

  @ApiProperty({ enum: ['Bearer'] })
  tokenType: 'Bearer';

  @ApiProperty({ example: 900, description: 'Seconds until the access token expires' })
  expiresIn: number;

  @ApiProperty({ example: 604_800, description: 'Seconds until the refresh token expires' })
  refreshExpiresIn: number;

  @ApiProperty({ type: UserBody })
  user: UserBody;
}

export class SessionBody {
  @ApiProperty()
  id: string;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;

  @ApiProperty({ format: 'date-time', description: 'To the minute' })
  lastSeenAt: string;

  @ApiProperty({ example: '203.0.113.7' })
  ip: string;

  @ApiProperty()
  userAgent: string;

  @ApiProperty({ description: 'The session this request came with' })
  current: boolean;
}

export class SessionListBody {
  @ApiProperty({ type: [SessionBody] })
  items: SessionBody[];
}

export function toSignedInBody({ user, ...tokens }: SignedIn): SignedInBody {
  return { ...tokens, tokenType: 'Bearer', user: toUserBody(user) };
}
