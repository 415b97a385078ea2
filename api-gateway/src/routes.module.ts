import { Module } from '@nestjs/common';
import { AdminTrail } from './audit/admin-trail';
import { AuditController } from './audit/audit.controller';
import { AuthModule } from './auth/auth.module';
import { OrdersController } from './orders/orders.controller';
import { ProductsController } from './products/products.controller';
import { ExportMe } from './users/export-me';
import { MeController } from './users/me.controller';
import { UsersController } from './users/users.controller';

/** The routes behind the door. `me` stands before `:id`. */
@Module({
  imports: [AuthModule],
  controllers: [MeController, UsersController, ProductsController, OrdersController, AuditController],
  providers: [AdminTrail, ExportMe],
})
export class RoutesModule {}
