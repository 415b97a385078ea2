import { counter } from '@shop/service-kit';

/** What became of a request that a cache could answer; `joined`: it waited for what another one had asked for. */
export const countCacheRequest = counter({
  name: 'gateway_cache_requests_total',
  help: 'Reads of the catalogue: hit, miss or joined (waited with another) here, or not_modified for what the client has',
  labels: ['cache', 'outcome'],
});
