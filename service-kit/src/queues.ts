/** The queues that outlive their app's processes. Each has one for its dead letters: `<queue>.dead`. */
export const QUEUES = [
  'products-service.reserve-stock',
  'products-service.release-stock',
  'products-service.commit-stock',
  'orders-service.continue-order',
  'orders-service.fail-order',
  'orders-service.anonymise-orders',
  'api-gateway.follow-account-changes',
] as const;

export type Queue = (typeof QUEUES)[number];
