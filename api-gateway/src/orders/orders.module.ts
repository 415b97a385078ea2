import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module';
import { OrdersAdminController } from './orders-admin.controller';
import { OrdersController } from './orders.controller';
import { PlaceOrder } from './place-order';

@Module({
  imports: [AuditModule],
  controllers: [OrdersController, OrdersAdminController],
  providers: [PlaceOrder],
})
export class OrdersModule {}
