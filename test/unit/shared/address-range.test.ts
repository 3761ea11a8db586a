import { AddressRanges, addressKey, isAddressRange } from '../../../src/shared/address-range';

describe('address ranges', () => {
  it('are addresses, or ranges in CIDR notation, and nothing else', () => {
    for (const good of ['10.0.0.1', '10.0.0.0/8', '0.0.0.0/0', '::1', 'fd00::/8', '::ffff:10.0.0.0/104'])
      expect([good, isAddressRange(good)]).toEqual([good, true]);
    for (const bad of [
      '',
      '10.0.0',
      '10.0.0.0/33',
      '::/129',
      '10.0.0.0/8/8',
      '10.0.0.0/',
      'localhost',
      'fe80::1%eth0',
      '10.0.0.0/-1',
    ])
      expect([bad, isAddressRange(bad)]).toEqual([bad, false]);
  });

  it('have the addresses within them, also where IPv4 is written as IPv6', () => {
    const ranges = new AddressRanges(['10.0.0.0/8', '192.0.2.1', 'fd00::/8', '::ffff:172.16.0.0/108']);
    for (const inside of [
      '10.255.0.1',
      '::ffff:10.1.2.3',
      '192.0.2.1',
      'fd12::1',
      'fd12::1%eth0',
      '172.16.3.4',
    ])
      expect([inside, ranges.has(inside)]).toEqual([inside, true]);
    for (const outside of ['11.0.0.1', '192.0.2.2', 'fe00::1', '', 'nonsense', '172.32.0.1'])
      expect([outside, ranges.has(outside)]).toEqual([outside, false]);
    expect(new AddressRanges([]).has('10.0.0.1')).toBe(false);
  });
});

describe('the key of an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['', ''],
  ])('%s is %s', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });
});
