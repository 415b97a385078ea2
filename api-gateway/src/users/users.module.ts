import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module';
import { AuthModule } from '../auth/auth.module';
import { RateLimitModule } from '../rate-limit/rate-limit.module';
import { ChangeAccount } from './change-account';
import { ExportAccount } from './export-account';
import { MeController } from './me.controller';
import { UsersAdminController } from './users-admin.controller';

@Module({
  imports: [AuditModule, AuthModule, RateLimitModule],
  controllers: [MeController, UsersAdminController],
  providers: [ChangeAccount, ExportAccount],
})
export class UsersModule {}
