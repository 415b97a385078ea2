/** Elastic Common Schema's, as far as we need them. */
type Category =
  'authentication' | 'configuration' | 'iam' | 'intrusion_detection' | 'network' | 'process' | 'session' | 'web';

interface Facts {
  /** A warning is worth a look, or many of them are. */
  readonly level: 'info' | 'warn';
  readonly category: Category;
  readonly outcome: 'success' | 'failure';
  readonly means: string;
}

/** What the log and `security_events_total` call what happened. Alerts rely on the names; docs/security.md lists them, too. */
export const SECURITY_EVENTS = {
  login_succeeded: { level: 'info', category: 'authentication', outcome: 'success', means: 'Somebody signed in' },
  login_refused: {
    level: 'warn',
    category: 'authentication',
    outcome: 'failure',
    means: 'Wrong address or password, or a disabled account; with the hash of the address',
  },
  credentials_refused: {
    level: 'warn',
    category: 'authentication',
    outcome: 'failure',
    means: 'The same, as users-service sees it; with the account, if there is one',
  },
  refresh_token_reused: {
    level: 'warn',
    category: 'session',
    outcome: 'failure',
    means: 'A used refresh token came again, and its session was ended',
  },
  session_ended: {
    level: 'info',
    category: 'session',
    outcome: 'success',
    means: 'Somebody signed out, here, elsewhere or everywhere',
  },
  request_refused: { level: 'warn', category: 'web', outcome: 'failure', means: 'An answer was 401 or 403' },
  rate_limited: { level: 'warn', category: 'web', outcome: 'failure', means: 'An answer was 429' },
  input_refused: {
    level: 'info',
    category: 'web',
    outcome: 'failure',
    means: 'An answer was 400: what was sent is not valid',
  },
  request_unreadable: {
    level: 'warn',
    category: 'web',
    outcome: 'failure',
    means: 'What came is no HTTP, or came too slowly, and the connection was cut',
  },
  foreign_object_asked: {
    level: 'warn',
    category: 'web',
    outcome: 'failure',
    means: "Somebody asked for another's order or account, and was told that there is none",
  },
  account_registered: { level: 'info', category: 'iam', outcome: 'success', means: 'There is a new account' },
  email_changed: { level: 'info', category: 'iam', outcome: 'success', means: 'An account has another address' },
  password_changed: { level: 'info', category: 'iam', outcome: 'success', means: 'An account has another password' },
  role_changed: {
    level: 'warn',
    category: 'iam',
    outcome: 'success',
    means: 'Somebody became an admin, or is none any more',
  },
  account_disabled: { level: 'warn', category: 'iam', outcome: 'success', means: 'An admin shut somebody out' },
  account_enabled: { level: 'warn', category: 'iam', outcome: 'success', means: 'An admin let somebody in again' },
  account_erased: {
    level: 'warn',
    category: 'iam',
    outcome: 'success',
    means: 'An account was erased, by its user or an admin',
  },
  data_exported: {
    level: 'info',
    category: 'iam',
    outcome: 'success',
    means: 'Somebody fetched all that is kept about them',
  },
  dead_letter_replayed: {
    level: 'info',
    category: 'configuration',
    outcome: 'success',
    means: 'An operator sent a dead letter again',
  },
  dead_letter_dropped: {
    level: 'warn',
    category: 'configuration',
    outcome: 'success',
    means: 'An operator removed a dead letter for good',
  },
  audit_record_lost: {
    level: 'warn',
    category: 'process',
    outcome: 'failure',
    means: 'An act is in the log alone: the audit trail could not be reached',
  },
  grpc_caller_refused: {
    level: 'warn',
    category: 'authentication',
    outcome: 'failure',
    means: 'An app, or somebody with its certificate, called what it may not',
  },
  rest_caller_refused: {
    level: 'warn',
    category: 'authentication',
    outcome: 'failure',
    means: "Somebody without a service token asked a service's read-only view",
  },
  handshake_failed: {
    level: 'warn',
    category: 'network',
    outcome: 'failure',
    means: 'Somebody reached a gRPC port, and did not get through its mutual TLS',
  },
  bad_message: {
    level: 'warn',
    category: 'intrusion_detection',
    outcome: 'failure',
    means: 'A message was not sealed, changed, moved or not as agreed',
  },
  webhook_refused: {
    level: 'warn',
    category: 'authentication',
    outcome: 'failure',
    means: "A payment provider's message had no good signature",
  },
} as const satisfies Record<string, Facts>;

export type SecurityEvent = keyof typeof SECURITY_EVENTS;
