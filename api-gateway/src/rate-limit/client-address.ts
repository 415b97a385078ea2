import { isIPv6 } from 'node:net';

/** What a limit counts as one client: an IPv4 address, or the /64 that an IPv6 customer can choose addresses from. */
export function clientAddress(ip: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1];
  if (mapped) return mapped;
  const [address = ''] = ip.split('%');
  if (!isIPv6(address)) return ip;
  const [head = '', tail] = address.toLowerCase().split('::');
  const left = head ? head.split(':') : [];
  const right = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array<string>(zeros).fill('0'), ...right];
  return `${groups.slice(0, 4).map(withoutZeros).join(':')}::`;
}

function withoutZeros(group: string): string {
  return group.replace(/^0+(?=.)/, '');
}
