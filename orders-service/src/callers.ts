import type { CallerAllowList } from '@shop/service-kit';

const gateway = ['api-gateway'];

/** Who may call what. Only the gateway speaks for customers and admins, and hears payment providers. */
export const callers: CallerAllowList = {
  PlaceOrder: gateway,
  GetOrder: gateway,
  ListOrders: gateway,
  CancelOrder: gateway,
  UpdateOrderStatus: gateway,
  RecordPaymentOutcome: gateway,
};
