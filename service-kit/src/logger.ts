import { hostname } from 'node:os';
import { ecsFormat } from '@elastic/ecs-pino-format';
import { type DestinationStream, pino, type Logger as Pino } from 'pino';
import { LogBatch } from './log-batch';
import type { LogFields } from './log-fields';
import { toLine } from './log-line';
import { countSecurityEvent } from './metrics';
import { requestContext } from './request-context';
import { SECURITY_EVENTS, type SecurityEvent } from './security-events';

type Level = 'debug' | 'info' | 'warn' | 'error';

/** When the line was said that is being written now, in epoch milliseconds. */
let saidAt = 0;
let second = 0;
let untilSecond = '';

// toISOString was a sixth of what a line costs.
function timestamp(): string {
  const milliseconds = saidAt % 1000;
  if (saidAt - milliseconds !== second) {
    second = saidAt - milliseconds;
    untilSecond = `,"@timestamp":"${new Date(second).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss.'.length)}`;
  }
  return `${untilSecond}${String(milliseconds).padStart(3, '0')}Z"`;
}

/** JSON lines of Elastic Common Schema on stdout, each with the request's id. Names, ids and durations only: never a payload. */
export class Logger {
  private constructor(
    private readonly pino: Pino,
    private readonly batch?: LogBatch,
  ) {}

  static create(name: string, level: string, destination?: DestinationStream): Logger {
    const schema = ecsFormat({ serviceName: name, apmIntegration: false });
    // Its `log`, and a mixin of pino's, would make every line anew: `toLine` has done their work.
    const options = {
      ...schema,
      level,
      timestamp,
      base: { pid: process.pid, hostname: hostname() },
      formatters: { ...schema.formatters, log: undefined },
    };
    if (destination) return new Logger(pino(options, destination));
    const batch = LogBatch.ofStdout();
    return new Logger(pino(options, batch), batch);
  }

  debug(fields: LogFields, message: string): void {
    this.write('debug', fields, message);
  }

  info(fields: LogFields, message: string): void {
    this.write('info', fields, message);
  }

  warn(fields: LogFields, message: string): void {
    this.write('warn', fields, message);
    this.batch?.flush();
  }

  error(fields: LogFields, message: string): void {
    this.write('error', fields, message);
    this.batch?.flush();
  }

  /** One of the security events, for alerts and audits; counted, too. */
  security(event: SecurityEvent, fields: LogFields): void {
    countSecurityEvent(event);
    const { level } = SECURITY_EVENTS[event];
    this.write(level, { ...fields, securityEvent: event }, `security: ${event}`);
    if (level === 'warn') this.batch?.flush();
  }

  private write(level: Level, fields: object, message: string): void {
    // Nothing is made of what will not be written.
    if (!this.pino.isLevelEnabled(level)) return;
    const line = toLine(fields, requestContext());
    const write = (at: number) => {
      saidAt = at;
      this.pino[level](line, message);
    };
    if (this.batch) this.batch.add(write);
    else write(Date.now());
  }
}
