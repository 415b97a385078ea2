import { Module } from '@nestjs/common';
import { AdminTrail } from './admin-trail';
import { AuditController } from './audit.controller';

@Module({ controllers: [AuditController], providers: [AdminTrail], exports: [AdminTrail] })
export class AuditModule {}
