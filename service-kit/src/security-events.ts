interface Facts {
  /** A warning is worth a look, or many of them are. */
  readonly level: 'info' | 'warn';
  readonly means: string;
}

/** What the log and `security_events_total` call what happened. Alerts rely on the names; docs/security.md lists them, too. */
export const SECURITY_EVENTS = {
  login_succeeded: { level: 'info', means: 'Somebody signed in' },
  login_refused: {
    level: 'warn',
    means: 'Wrong address or password, or a disabled account; with the hash of the address',
  },
  credentials_refused: {
    level: 'warn',
    means: 'The same, as users-service sees it; with the account, if there is one',
  },
  refresh_token_reused: { level: 'warn', means: 'A used refresh token came again, and its session was ended' },
  session_ended: { level: 'info', means: 'Somebody signed out, here, elsewhere or everywhere' },
  request_refused: { level: 'warn', means: 'An answer was 401 or 403' },
  rate_limited: { level: 'warn', means: 'An answer was 429' },
  account_registered: { level: 'info', means: 'There is a new account' },
  email_changed: { level: 'info', means: 'An account has another address' },
  password_changed: { level: 'info', means: 'An account has another password' },
  role_changed: { level: 'warn', means: 'Somebody became an admin, or is none any more' },
  account_disabled: { level: 'warn', means: 'An admin shut somebody out' },
  account_enabled: { level: 'warn', means: 'An admin let somebody in again' },
  account_erased: { level: 'warn', means: 'An account was erased, by its user or an admin' },
  data_exported: { level: 'info', means: 'Somebody fetched all that is kept about them' },
  dead_letter_replayed: { level: 'info', means: 'An operator sent a dead letter again' },
  dead_letter_dropped: { level: 'warn', means: 'An operator removed a dead letter for good' },
  audit_record_lost: { level: 'warn', means: 'An act is in the log alone: the audit trail could not be reached' },
  grpc_caller_refused: { level: 'warn', means: 'An app, or somebody with its certificate, called what it may not' },
  rest_caller_refused: { level: 'warn', means: "Somebody without a service token asked a service's read-only view" },
  bad_message: { level: 'warn', means: 'A message was not sealed, changed, moved or not as agreed' },
  webhook_refused: { level: 'warn', means: "A payment provider's message had no good signature" },
} as const satisfies Record<string, Facts>;

export type SecurityEvent = keyof typeof SECURITY_EVENTS;
