import { register } from 'prom-client';

/** What `/metrics` of this process shows or would show. */
export function metricsOfThisProcess(): Promise<string> {
  return register.metrics();
}
