const NAMES = new Set([
  'password',
  'currentPassword',
  'token',
  'accessToken',
  'refreshToken',
  'authorization',
  'cookie',
  'secret',
  // Where drivers put the values of the statement that failed: addresses, hashes, whole rows.
  'parameters',
  'detail',
  'keyValue',
]);
const LEVELS = 3;

/**
 * A log line's fields with secrets blotted out, three levels deep. Nearly always there are none, and then it is the very
 * same object: pino's own redaction copies every line, which was a twentieth of the gateway's work.
 */
export function withoutSecrets<T extends object>(fields: T, levels = LEVELS): T {
  let clean: Record<string, unknown> | undefined;
  for (const [key, value] of Object.entries(fields)) {
    const shown = shownOf(key, value, levels);
    if (shown === value) continue;
    clean ??= (Array.isArray(fields) ? [...fields] : { ...fields }) as Record<string, unknown>;
    clean[key] = shown;
  }
  return (clean ?? fields) as T;
}

function shownOf(key: string, value: unknown, levels: number): unknown {
  if (NAMES.has(key)) return '[Redacted]';
  // Errors are cleaned by their serializer: a copy would be none.
  const isNested = levels > 1 && typeof value === 'object' && value !== null && !(value instanceof Error);
  return isNested ? withoutSecrets(value, levels - 1) : value;
}
