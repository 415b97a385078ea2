import { Logger } from './logger';

/** What a logger writes, line by line. */
function written(log: (logger: Logger) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  log(Logger.create('test', 'info', { write: (line: string) => void lines.push(line) }));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('Logger', () => {
  it('when fields hold secrets, then they are blotted out down to the third level and the rest is kept', () => {
    const fields = {
      account: 'a1',
      password: 'hunter2',
      request: { headers: { authorization: 'Bearer x', accept: '*/*' }, token: 't' },
      list: [{ secret: 's', id: 1 }],
    };

    const [line] = written((logger) => logger.info(fields, 'tried'));

    expect(line).toMatchObject({
      account: 'a1',
      password: '[Redacted]',
      request: { headers: { authorization: '[Redacted]', accept: '*/*' }, token: '[Redacted]' },
      list: [{ secret: '[Redacted]', id: 1 }],
      msg: 'tried',
    });
    expect(fields.password).toBe('hunter2');
  });

  it("when an error carries secrets, then they are blotted out and the error's message and stack are kept", () => {
    const error = Object.assign(new Error('refused'), { config: { headers: { cookie: 'c' } }, status: 401 });

    const [line] = written((logger) => logger.warn({ err: error }, 'call failed'));

    expect(line?.err).toMatchObject({ message: 'refused', status: 401, config: { headers: { cookie: '[Redacted]' } } });
    expect((line?.err as { stack: string }).stack).toContain('refused');
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

    expect(line?.err).toMatchObject({ message: 'duplicate key', code: '23505', query: error.query });
    expect(JSON.stringify(line)).not.toContain('ada@example.com');
  });

  it('when a security event happens, then the line has its name, and the level that is decided for it', () => {
    const lines = written((logger) => {
      logger.security('login_succeeded', { userId: 'u1' });
      logger.security('refresh_token_reused', { userId: 'u1' });
    });

    expect(lines).toMatchObject([
      { level: 'info', securityEvent: 'login_succeeded', userId: 'u1' },
      { level: 'warn', securityEvent: 'refresh_token_reused', userId: 'u1' },
    ]);
  });

  it('when only an error is given, then its message is the line', () => {
    const [line] = written((logger) => logger.error(new Error('no disk')));

    expect(line).toMatchObject({ level: 'error', msg: 'no disk', err: { message: 'no disk' } });
  });
});
