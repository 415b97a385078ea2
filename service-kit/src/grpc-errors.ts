import { Metadata, type ServiceError, status as Grpc } from '@grpc/grpc-js';
import { DomainError, isReason, REASONS } from './errors';

// What grpc-js says when a stream ends without the callee having answered. It calls that INTERNAL.
const CUT_OFF = 'Received RST_STREAM';

/** A DomainError as it goes over the wire: code, public text, and the reason with its details in metadata. */
export function toServiceError(error: DomainError): Partial<ServiceError> {
  const metadata = new Metadata();
  metadata.set('reason', error.reason);
  const { detail, fields, data, retryAfterMs } = error;
  // Metadata carries ASCII only.
  metadata.set('reason-details', encodeURIComponent(JSON.stringify({ detail, fields, data, retryAfterMs })));
  return { code: REASONS[error.reason].grpc, details: REASONS[error.reason].title, metadata };
}

/** What a caller makes of a failed call: the callee's own reason, or UNAVAILABLE when there was no answer in time. */
export function fromServiceError(error: ServiceError, service: string): DomainError {
  const reason = error.metadata?.get('reason')[0];
  if (isReason(reason)) return new DomainError(reason, { ...detailsOf(error), cause: error });
  if (isOutage(error)) {
    return new DomainError('UNAVAILABLE', { detail: `${service} does not answer`, retryAfterMs: 1000, cause: error });
  }
  return new DomainError('INTERNAL', { cause: error });
}

/** True when nobody answered. A callee that says itself that it is busy, or its database away, is there and sheds by itself. */
export function isAbsent(error: Pick<ServiceError, 'code' | 'details' | 'metadata'>): boolean {
  return isOutage(error) && !isReason(error.metadata?.get('reason')[0]);
}

/** True for what means "not there or too slow"; a refusal such as NOT_FOUND is a working service. */
function isOutage({ code, details }: Pick<ServiceError, 'code' | 'details'>): boolean {
  if (code === Grpc.INTERNAL) return details.startsWith(CUT_OFF);
  return [Grpc.UNAVAILABLE, Grpc.DEADLINE_EXCEEDED, Grpc.CANCELLED, Grpc.RESOURCE_EXHAUSTED].includes(code);
}

function detailsOf(error: ServiceError): object {
  const text = error.metadata.get('reason-details')[0];
  try {
    return typeof text === 'string' ? (JSON.parse(decodeURIComponent(text)) as object) : {};
  } catch {
    return {};
  }
}
