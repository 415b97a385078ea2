import { graph, number, quantiles, rateOf, slowest } from './panels.mjs';

const CUSTOMERS = 'job="api-gateway",route!~"/health.*"';

/** RED: rate, errors and duration, as customers see them and between the services. */
export const overview = {
  uid: 'shop-overview',
  title: 'Overview',
  means:
    'How much is asked, how much of it fails, and how long it takes: of the gateway, and of the services behind it',
  rows: {
    Now: [
      number({
        title: 'Requests a second',
        unit: 'reqps',
        queries: { requests: `sum(rate(http_request_duration_seconds_count{${CUSTOMERS}}[5m]))` },
      }),
      number({
        title: 'Failed',
        unit: 'percentunit',
        means: 'Answers 5xx of all answers of five minutes. 0.1 % may',
        queries: { failed: 'shop:requests_failed:ratio_rate5m' },
      }),
      number({
        title: 'Slow',
        unit: 'percentunit',
        means: 'Longer than half a second, in five minutes. 1 % may',
        queries: { slow: 'shop:requests_slow:ratio_rate5m' },
      }),
      number({ title: 'Apps that answer', queries: { '{{job}}': 'sum by (job) (up)' } }),
    ],
    'What customers see': [
      graph({
        title: 'Requests by route',
        unit: 'reqps',
        queries: {
          '{{method}} {{route}}': `topk(10, ${rateOf('http_request_duration_seconds_count', 'method, route', CUSTOMERS)})`,
        },
      }),
      graph({
        title: 'Answers by status',
        unit: 'reqps',
        queries: { '{{status}}': rateOf('http_request_duration_seconds_count', 'status', CUSTOMERS) },
      }),
      graph({ title: 'Time to answer', unit: 's', queries: quantiles('http_request_duration_seconds', CUSTOMERS) }),
      graph({
        title: 'Time to answer for 95 %, by route',
        unit: 's',
        queries: { '{{route}}': `topk(10, ${slowest('http_request_duration_seconds', 'route')})` },
      }),
      graph({
        title: 'Parts of the error budgets',
        unit: 'percentunit',
        means: 'What the alerts look at: 0.1 % may fail, 1 % may be slow',
        queries: {
          'failed, 1 h': 'shop:requests_failed:ratio_rate1h',
          'failed, 6 h': 'shop:requests_failed:ratio_rate6h',
          'slow, 1 h': 'shop:requests_slow:ratio_rate1h',
          'slow, 6 h': 'shop:requests_slow:ratio_rate6h',
        },
      }),
      graph({
        title: 'Requests in hand, and refused as too many',
        queries: {
          'in hand': 'sum(requests_in_hand)',
          'refused a second': 'sum(rate(requests_shed_total[$__rate_interval]))',
        },
      }),
    ],
    'Between the services': [
      graph({
        title: 'Calls',
        unit: 'reqps',
        queries: {
          '{{service}}.{{method}}': `topk(10, ${rateOf('grpc_server_duration_seconds_count', 'service, method')})`,
        },
      }),
      graph({
        title: 'Calls by outcome',
        unit: 'reqps',
        queries: { '{{service}} {{code}}': rateOf('grpc_client_duration_seconds_count', 'service, code') },
      }),
      graph({
        title: 'Time to answer a call, for 95 %',
        unit: 's',
        queries: {
          '{{service}}, as it was served': slowest('grpc_server_duration_seconds', 'service'),
          '{{service}}, as it was waited for': slowest('grpc_client_duration_seconds', 'service'),
        },
      }),
      graph({
        title: 'Open breakers',
        means: '1: the caller does not ask this service, since it did not answer',
        queries: { '{{job}} → {{service}}': 'max by (job, service) (grpc_client_breaker_open)' },
      }),
      graph({
        title: 'Reads that were asked again',
        unit: 'reqps',
        queries: { '{{job}} → {{service}}': `${rateOf('grpc_client_repeats_total', 'job, service')} or vector(0)` },
      }),
    ],
  },
};
