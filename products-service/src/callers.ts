import type { CallerAllowList } from '@shop/service-kit';

/** Which apps may call which method. */
export const callers: CallerAllowList = {
  ListProducts: ['api-gateway'],
  GetProduct: ['api-gateway'],
  GetProducts: ['api-gateway', 'orders-service'],
  CreateProduct: ['api-gateway'],
  UpdateProduct: ['api-gateway'],
  AdjustStock: ['api-gateway'],
  ArchiveProduct: ['api-gateway'],
  ListStockRecords: ['orders-service'],
  ListStockLevels: ['orders-service'],
};
