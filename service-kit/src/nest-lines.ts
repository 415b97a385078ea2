import type { LoggerService } from '@nestjs/common';
import { withoutPasswords } from './log-line';
import type { Logger } from './logger';

/** The framework's own lines: (message, ...) where ours are (fields, message). What it tells of its work is for debugging. */
export class NestLines implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, context?: unknown): void {
    this.write('debug', message, context);
  }

  debug(message: unknown, context?: unknown): void {
    this.write('debug', message, context);
  }

  warn(message: unknown, context?: unknown): void {
    this.write('warn', message, context);
  }

  error(message: unknown, ...more: unknown[]): void {
    this.write('error', message, ...more);
  }

  fatal(message: unknown, ...more: unknown[]): void {
    this.write('error', message, ...more);
  }

  // After an error's message come its stack, or the context, or both.
  private write(level: 'debug' | 'warn' | 'error', said: unknown, ...more: unknown[]): void {
    const texts = more.filter((text) => typeof text === 'string');
    const stack = texts.find((text) => text.includes('\n'));
    const message = said instanceof Error ? said.message : String(said);
    const err = said instanceof Error ? said : stack && { message, stack };
    const context = texts.findLast((text) => text !== stack);
    this.logger[level]({ context, err }, withoutPasswords(message));
  }
}
