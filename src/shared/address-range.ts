/** Addresses of the internet, and ranges of them. Pure. */
import { BlockList, isIP } from 'node:net';

const IPV4_BITS = 32;
const IPV6_BITS = 128;
/** What one customer of a provider has at least: who is limited by address must not get 2^64 of them (RFC 6177). */
const IPV6_SITE_GROUPS = 4;

/** IPv4 in IPv6 (RFC 4291 section 2.5.5.2). */
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** Whether this is an address, or a range in CIDR notation. */
export function isAddressRange(text: string): boolean {
  const [address, bits, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0 || address.includes('%')) return false;
  if (bits === undefined) return true;
  return /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? IPV4_BITS : IPV6_BITS);
}

/** A set of addresses, given as addresses and ranges that `isAddressRange` accepts. */
export class AddressRanges {
  readonly #list = new BlockList();
  readonly #empty: boolean;

  constructor(ranges: readonly string[]) {
    this.#empty = ranges.length === 0;
    for (const range of ranges) this.#add(range);
  }

  has(address: string): boolean {
    if (this.#empty) return false;
    const plain = plainAddress(address);
    const version = isIP(plain);
    return version !== 0 && this.#list.check(plain, version === 4 ? 'ipv4' : 'ipv6');
  }

  #add(range: string): void {
    const [address, bits] = range.split('/');
    const plain = plainAddress(address);
    const version = isIP(plain) === 4 ? 'ipv4' : 'ipv6';
    if (bits === undefined) this.#list.addAddress(plain, version);
    else if (plain !== address) this.#list.addSubnet(plain, Math.max(0, Number(bits) - 96), version);
    else this.#list.addSubnet(address, Number(bits), version);
  }
}

/** An address as it is compared: IPv4 in IPv6 is IPv4, and a zone is left out. */
export function plainAddress(address: string): string {
  const zone = address.indexOf('%');
  const bare = zone === -1 ? address : address.slice(0, zone);
  return MAPPED.exec(bare)?.[1] ?? bare;
}

/** What stands for a peer where peers are counted by address: of IPv6 it is the /64. Empty: it has no address. */
export function addressKey(address: string): string {
  const plain = plainAddress(address);
  if (isIP(plain) !== 6) return plain;
  return `${groupsOf(plain).slice(0, IPV6_SITE_GROUPS).join(':')}::/64`;
}

/** The eight groups of an IPv6 address, without leading zeros. */
function groupsOf(address: string): string[] {
  const [before, after] = address.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const first = groups(before);
  const last = after === undefined ? [] : groups(after);
  // An IPv4 address at the end stands for two groups; it is beyond the first four in any case.
  const width = [...first, ...last].reduce((sum, group) => sum + (group.includes('.') ? 2 : 1), 0);
  const zeros = after === undefined ? [] : new Array<string>(8 - width).fill('0');
  return [...first, ...zeros, ...last].map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''));
}
