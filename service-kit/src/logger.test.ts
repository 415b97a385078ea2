import type { LogFields } from './log-fields';
import { Logger } from './logger';
import { NestLines } from './nest-lines';
import { runWithContext } from './request-context';

/** What a logger writes, line by line. */
function written(log: (logger: Logger) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  log(Logger.create('test', 'debug', { write: (line: string) => void lines.push(line) }));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('Logger', () => {
  it('when something is said in a request, then the line has the names of Elastic Common Schema', () => {
    const trace = '0af7651916cd43dd8448eb211c80319c';
    const context = {
      requestId: 'request-1',
      traceparent: `00-${trace}-b7ad6b7169203331-01`,
      user: { id: 'u1', role: 'customer' as const },
    };
    const fields = { method: 'GET', route: '/orders/:id', status: 200, durationMs: 1.5, orderId: 'o1', reason: '' };

    const [line] = written((logger) => runWithContext(context, () => logger.info(fields, 'answered')));

    expect(line).toEqual({
      '@timestamp': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      'log.level': 'info',
      message: 'answered',
      'ecs.version': expect.any(String),
      'service.name': 'test',
      'event.dataset': 'test',
      'host.hostname': expect.any(String),
      'process.pid': process.pid,
      'http.request.id': 'request-1',
      'trace.id': trace,
      'span.id': 'b7ad6b7169203331',
      'user.id': 'u1',
      'http.request.method': 'GET',
      'labels.route': '/orders/:id',
      'http.response.status_code': 200,
      'event.duration': 1_500_000,
      'labels.order_id': 'o1',
    });
  });

  it('when fields are given that are not in the list, or objects, then nothing of them is written', () => {
    const careless = { password: 'hunter2', orderId: { card: '4242' }, files: ['a', 'b'] } as unknown as LogFields;

    const [line] = written((logger) => logger.info(careless, 'tried'));

    expect(line).toMatchObject({ message: 'tried', 'labels.files': ['a', 'b'] });
    expect(JSON.stringify(line)).not.toMatch(/hunter2|4242|password/);
  });

  it('when an error carries more than it says, then its message, code, stack and causes are kept, and nothing else', () => {
    const cause = Object.assign(new Error(`connect redis://gateway:${['hunter2'].join('')}@127.0.0.1`), {
      command: { args: ['card'] },
    });
    const error = Object.assign(new Error('refused', { cause }), { headers: { cookie: 'c' }, code: 'ECONNREFUSED' });

    const [line] = written((logger) => logger.warn({ err: error }, 'call failed'));

    expect(line).toMatchObject({
      'error.type': 'Error',
      'error.code': 'ECONNREFUSED',
      'error.message': expect.stringMatching(/^refused: connect .*gateway:.Redacted.@127/),
      'error.stack_trace': expect.stringContaining('logger.test.ts'),
    });
    expect(JSON.stringify(line)).not.toMatch(/hunter2|card|cookie/);
  });

  it('when a statement has failed, then the log says which and why, and none of its values', () => {
    const driverError = Object.assign(new Error('duplicate key'), { detail: 'Key (email)=(ada@example.com) exists.' });
    const error = Object.assign(new Error('duplicate key'), {
      query: 'INSERT INTO users (email) VALUES ($1)',
      parameters: ['ada@example.com'],
      code: '23505',
      detail: driverError.detail,
      driverError,
    });

    const [line] = written((logger) => logger.error({ err: error }, 'unexpected error'));

    const about = { 'error.message': 'duplicate key', 'error.code': '23505', 'labels.statement': error.query };
    expect(line).toMatchObject(about);
    expect(JSON.stringify(line)).not.toContain('ada@example.com');
  });

  it.each([
    ['a text', 'a text'],
    [{ message: 'no error at all' }, 'no error at all'],
  ])('when %j was thrown, then the line says so', (thrown, message) => {
    const [line] = written((logger) => logger.warn({ err: thrown }, 'call failed'));
    expect(line).toMatchObject({ message: 'call failed', 'error.message': message });
  });

  it('when a security event happens, then the line has its name, and level, category and outcome that are decided for it', () => {
    const lines = written((logger) => {
      logger.security('login_succeeded', { userId: 'u1' });
      logger.security('refresh_token_reused', { actor: 'u1' });
    });

    const facts = lines.map((line) => [
      ...[line['log.level'], line['event.action'], line['event.category'], line['event.outcome']],
      ...[line['event.kind'], line['user.id'], line.message],
    ]);
    expect(facts).toEqual([
      ['info', 'login_succeeded', ['authentication'], 'success', 'event', 'u1', 'security: login_succeeded'],
      ['warn', 'refresh_token_reused', ['session'], 'failure', 'event', 'u1', 'security: refresh_token_reused'],
    ]);
  });
});

describe('NestLines', () => {
  it('when the framework speaks, then it is a line like all others, and its own work is for debugging', () => {
    const stack = 'Error: no disk\n    at somewhere';

    const lines = written((logger) => {
      const nest = new NestLines(logger);
      nest.log('routes mapped', 'RouterExplorer');
      nest.error('no disk', stack, 'Files');
      nest.error(new Error('no memory'));
      nest.warn({ password: 'hunter2' });
    });

    expect(lines).toMatchObject([
      { 'log.level': 'debug', message: 'routes mapped', 'log.logger': 'RouterExplorer' },
      { 'log.level': 'error', message: 'no disk', 'log.logger': 'Files', 'error.stack_trace': stack },
      { 'log.level': 'error', message: 'no memory', 'error.message': 'no memory' },
      { 'log.level': 'warn', message: '[object Object]' },
    ]);
  });
});
