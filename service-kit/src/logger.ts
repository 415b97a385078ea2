import { hostname } from 'node:os';
import { ecsFormat } from '@elastic/ecs-pino-format';
import { type DestinationStream, pino, type Logger as Pino } from 'pino';
import type { LogFields } from './log-fields';
import { toLine } from './log-line';
import { countSecurityEvent } from './metrics';
import { requestContext } from './request-context';
import { SECURITY_EVENTS, type SecurityEvent } from './security-events';

// A system call per line was a fifth of what a cached answer cost. What waits is written at the exit, whatever the cause
// but a SIGKILL, and at once when a line is a warning or worse and nothing is being written already.
const BUFFERED = { dest: 1, sync: false, minLength: 16_000, periodicFlush: 100, contentMode: 'buffer' } as const;

// Given text, sonic-boom counts the bytes of all that waits again with each line: that was half of what a line costs.
function bufferedStdout(): DestinationStream {
  const stdout = pino.destination(BUFFERED) as unknown as StreamOfBuffers;
  const destination = {
    write: (line: string) => stdout.write(Buffer.from(line)),
    // Given something to call, it would ask for an fsync, too.
    flush: () => stdout.flush(),
  };
  return destination;
}

/** What pino.destination makes with this `contentMode`; its types know the other one only. */
interface StreamOfBuffers {
  write(line: Buffer): void;
  flush(): void;
}

let second = 0;
let untilSecond = '';

// toISOString was a sixth of what a line costs.
function timestamp(): string {
  const now = Date.now();
  const milliseconds = now % 1000;
  if (now - milliseconds !== second) {
    second = now - milliseconds;
    untilSecond = `,"@timestamp":"${new Date(second).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss.'.length)}`;
  }
  return `${untilSecond}${String(milliseconds).padStart(3, '0')}Z"`;
}

/** JSON lines of Elastic Common Schema on stdout, each with the request's id. Names, ids and durations only: never a payload. */
export class Logger {
  private constructor(private readonly pino: Pino) {}

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
    return new Logger(pino(options, destination ?? bufferedStdout()));
  }

  debug(fields: LogFields, message: string): void {
    this.write('debug', fields, message);
  }

  info(fields: LogFields, message: string): void {
    this.write('info', fields, message);
  }

  warn(fields: LogFields, message: string): void {
    this.write('warn', fields, message);
    this.pino.flush();
  }

  error(fields: LogFields, message: string): void {
    this.write('error', fields, message);
    this.pino.flush();
  }

  /** One of the security events, for alerts and audits; counted, too. */
  security(event: SecurityEvent, fields: LogFields): void {
    countSecurityEvent(event);
    const { level } = SECURITY_EVENTS[event];
    this.write(level, { ...fields, securityEvent: event }, `security: ${event}`);
    if (level === 'warn') this.pino.flush();
  }

  // Nothing is made of what will not be written.
  private write(level: 'debug' | 'info' | 'warn' | 'error', fields: object, message: string): void {
    if (this.pino.isLevelEnabled(level)) this.pino[level](toLine(fields, requestContext()), message);
  }
}
