import { logConnected } from './log-connected';
import type { Logger } from './logger';

function levelFor(address: string): string {
  const lines: string[] = [];
  const logger = { info: () => lines.push('info'), warn: () => lines.push('warn') } as unknown as Logger;
  logConnected(logger, 'a store', address);
  return lines.join();
}

test.each([
  'amqps://app:pass@broker.example:5671',
  'rediss://redis.example:6380',
  'postgresql://app:pass@db.example/shop?sslmode=verify-full',
  'mongodb://app:pass@one.example,two.example/shop?replicaSet=rs&tls=true',
  'mongodb+srv://app:pass@cluster.example/shop',
  'postgresql://app:pass@127.0.0.1:5432/shop',
  'redis://localhost:6379',
])('when a connection is encrypted or stays on this machine, then nobody is warned: %s', (address) => {
  expect(levelFor(address)).toBe('info');
});

test.each([
  'amqp://app:pass@broker.example:5672',
  'postgresql://app:pass@db.example/shop?sslmode=disable',
  'mongodb://app:pass@one.example/shop?tls=false',
  'redis://127.0.0.1.example.org:6379',
])('when a connection leaves this machine in plaintext, then the log warns: %s', (address) => {
  expect(levelFor(address)).toBe('warn');
});
