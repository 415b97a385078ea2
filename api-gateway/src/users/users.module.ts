import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module';
import { ChangeAccount } from './change-account';
import { ExportAccount } from './export-account';
import { MeController } from './me.controller';
import { UsersController } from './users.controller';

@Module({
  imports: [AuthModule],
  controllers: [MeController, UsersController],
  providers: [ChangeAccount, ExportAccount],
})
export class UsersModule {}
