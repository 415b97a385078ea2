import { randomUUID } from 'node:crypto';
import { requestContext } from '@shop/service-kit';
import type { PendingEvent } from './product.schema';

/** For the same write as the change it tells of. */
export function pendingEvent(type: PendingEvent['type'], at: Date): PendingEvent {
  const context = requestContext();
  return {
    id: randomUUID(),
    type,
    time: at.toISOString(),
    requestId: context?.requestId,
    traceparent: context?.traceparent,
  };
}
