import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module';
import { Catalog } from './catalog';
import { CatalogCache } from './catalog-cache';
import { EditCatalog } from './edit-catalog';
import { ForgetProductWhenChanged } from './forget-product-when-changed';
import { ProductsAdminController } from './products-admin.controller';
import { ProductsController } from './products.controller';

@Module({
  imports: [AuditModule],
  controllers: [ProductsController, ProductsAdminController],
  providers: [Catalog, CatalogCache, EditCatalog, ForgetProductWhenChanged],
  exports: [ForgetProductWhenChanged],
})
export class ProductsModule {}
