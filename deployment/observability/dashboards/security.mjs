import { graph, number, rateOf } from './panels.mjs';

const lastHour = (event) => `sum(increase(security_events_total{event="${event}"}[1h]))`;

export const security = {
  uid: 'shop-security',
  title: 'Security and rate limits',
  means: 'Who is let in, who is refused, and what looks like an attack',
  rows: {
    'The last hour': [
      number({ title: 'Open sessions', queries: { sessions: 'max(gateway_sessions_open)' } }),
      number({ title: 'Logins refused', queries: { refused: lastHour('login_refused') } }),
      number({
        title: 'Refresh tokens reused',
        means: 'There should be none: they may have been stolen',
        queries: { reused: lastHour('refresh_token_reused') },
      }),
      number({
        title: 'Certificates',
        unit: 's',
        means: 'How long they are good for',
        queries: { '{{job}}': 'min by (job) (tls_certificate_expiry_timestamp_seconds) - time()' },
      }),
    ],
    'Signing in': [
      graph({
        title: 'Logins',
        unit: 'ops',
        queries: { '{{event}}': rateOf('security_events_total', 'event', 'job="api-gateway",event=~"login_.*"') },
      }),
      graph({ title: 'Open sessions', queries: { sessions: 'max(gateway_sessions_open)' } }),
      graph({
        title: 'Password hashes',
        queries: {
          'in progress': 'sum(password_hashes_in_progress)',
          'refused a second': 'sum(rate(password_hashes_shed_total[$__rate_interval]))',
        },
      }),
    ],
    Refusals: [
      graph({
        title: 'Limits: what was decided',
        unit: 'ops',
        queries: { '{{policy}} {{decision}}': rateOf('gateway_rate_limit_decisions_total', 'policy, decision') },
      }),
      graph({
        title: 'Answers 401, 403 and 429',
        unit: 'reqps',
        queries: {
          '{{status}} {{route}}': `${rateOf('http_request_duration_seconds_count', 'status, route', 'job="api-gateway",status=~"401|403|429"')} or vector(0)`,
        },
      }),
      graph({
        title: 'Security events',
        unit: 'ops',
        means: 'By the names of docs/security.md',
        queries: { '{{event}}': `topk(10, ${rateOf('security_events_total', 'event')})` },
      }),
    ],
  },
};
