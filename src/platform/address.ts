import { isIPv4, isIPv6 } from 'node:net';

/**
 * Whom a limit per address counts. A household or a server has a whole /64 of IPv6, so that is one caller; an IPv4
 * address is itself, however it is written. What a proxy passed on that is no address at all is one caller too, and so
 * are all whose connection is gone before it was looked at: the system does not know any more whose it was.
 */
export function callerAt(address: string | undefined): string {
  if (address === undefined) return 'unknown';
  if (isIPv4(address)) return address;
  const [plain = ''] = address.split('%', 1);
  return isIPv6(plain) ? networkOf(groupsOf(plain)) : 'unknown';
}

function networkOf(groups: readonly number[]): string {
  const [high = 0, low = 0] = groups.slice(6);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff)
    return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

/** All eight, with zeros where `::` stands. */
function groupsOf(address: string): number[] {
  const { hostname } = new URL(`http://[${address}]`);
  const [head = '', tail] = hostname.slice(1, -1).split('::');
  const parse = (part = '') =>
    part ? part.split(':').map((group) => Number.parseInt(group, 16)) : [];
  const [before, after] = [parse(head), parse(tail)];
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}
