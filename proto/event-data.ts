import type * as events from './generated/events';

/** What each event carries, by its type: the codec has checked it against the message of that name before a handler sees it. */
export interface EventData {
  'order.created': events.OrderCreated;
  'order.confirmed': events.OrderConfirmed;
  'order.cancelled': events.OrderCancelled;
  'order.status_updated': events.OrderStatusUpdated;
  'stock.reserved': events.StockReserved;
  'stock.rejected': events.StockRejected;
  'product.created': events.ProductCreated;
  'product.updated': events.ProductUpdated;
  'product.archived': events.ProductArchived;
  'product.stock_updated': events.ProductStockUpdated;
  'user.registered': events.UserRegistered;
  'user.updated': events.UserUpdated;
  'user.role_changed': events.UserRoleChanged;
  'user.erased': events.UserErased;
}
