import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, pino, type Logger as Pino } from 'pino';
import { countSecurityEvent } from './metrics';
import { requestContext } from './request-context';
import { withoutSecrets } from './secrets';
import { SECURITY_EVENTS, type SecurityEvent } from './security-events';

// A system call per line was a fifth of what a cached answer cost. What waits is written at the exit, whatever the cause
// but a SIGKILL, and at once when a line is a warning or worse.
const BUFFERED = { dest: 1, sync: false, minLength: 4096, periodicFlush: 100 };

/** JSON lines on stdout, each with the request's id. Names, ids and durations only: never a payload. */
export class Logger implements LoggerService {
  private constructor(private readonly pino: Pino) {}

  static create(name: string, level: string, destination?: DestinationStream): Logger {
    const options = {
      name,
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label: string) => ({ level: label }), log: withoutSecrets },
      serializers: { err: (error: Error) => withoutSecrets(pino.stdSerializers.err(error)) },
      mixin: () => {
        const context = requestContext();
        return context ? { requestId: context.requestId, userId: context.user?.id } : {};
      },
    };
    return new Logger(pino(options, destination ?? pino.destination(BUFFERED)));
  }

  info(fields: object, message: string): void {
    this.pino.info(fields, message);
  }

  warn(fields: unknown, message?: unknown): void {
    this.write('warn', fields, message);
  }

  error(fields: unknown, message?: unknown): void {
    this.write('error', fields, message);
  }

  debug(fields: unknown, message?: unknown): void {
    this.write('debug', fields, message);
  }

  /** One of the security events, for alerts and audits; counted, too. */
  security(event: SecurityEvent, fields: object): void {
    countSecurityEvent(event);
    const { level } = SECURITY_EVENTS[event];
    this.pino[level]({ ...fields, securityEvent: event }, `security: ${event}`);
    if (level === 'warn') this.pino.flush();
  }

  /** Nest's own lines (LoggerService). */
  log(message: unknown, context?: unknown): void {
    this.write('debug', message, context);
  }

  fatal(fields: unknown, message?: unknown): void {
    this.write('fatal', fields, message);
  }

  // Nest calls (message, ...params) and we call (fields, message): both end up as one JSON line.
  private write(level: 'debug' | 'warn' | 'error' | 'fatal', first: unknown, second?: unknown): void {
    if (first instanceof Error) this.pino[level]({ err: first }, first.message);
    else if (typeof first === 'object' && first !== null)
      this.pino[level](first, typeof second === 'string' ? second : undefined);
    else this.pino[level]({ context: second }, String(first));
    if (level !== 'debug') this.pino.flush();
  }
}
