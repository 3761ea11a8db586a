import { NO_LIMIT } from '../../../src/shared/capacity';
import { isChannelAllowed } from '../../../src/shared/channel-name';
import {
  CHANNEL_NUMBERS,
  HUB_NUMBERS,
  type HubOptions,
  RING_NUMBERS,
  resolveHubOptions,
} from '../../../src/shared/options';

describe('the options of a hub', () => {
  it('have defaults', () => {
    expect(resolveHubOptions()).toEqual(resolveHubOptions({}));
    expect(resolveHubOptions()).toMatchObject({
      host: '127.0.0.1',
      port: 0,
      path: '/',
      laneBytes: 1024 * 1024,
      maxProducers: 64,
      maxChannels: 4_096,
      maxMessageBytes: 64 * 1024,
      maxFragments: 128,
      inboundCompression: false,
      maxFragmentGapMs: 5_000,
      maxMessagesPerSecond: NO_LIMIT,
      maxBytesPerSecond: NO_LIMIT,
      maxControlFramesPerSecond: 1_000,
      peerBurstMs: 5_000,
      maxSubscriptions: 128,
      allowed: { others: true },
      policies: {
        '*': {
          slow: 'disconnect',
          maxLagBytes: 4 * 1024 * 1024,
          maxLagMs: 10_000,
          handler: undefined,
          receive: 'message',
        },
      },
    });
    expect(resolveHubOptions({ path: '/live' }).path).toBe('/live/');
    expect(resolveHubOptions().logLevel).toBeUndefined();
    expect(resolveHubOptions({ logLevel: 'info' }).logLevel).toBe(15);
  });

  const bad: [HubOptions | unknown, typeof TypeError, string][] = [
    [null, TypeError, 'options is null: it must be an object'],
    [5, TypeError, 'options is 5: it must be an object'],
    [[], TypeError, 'it must be an object'],
    [{ prot: 1 }, TypeError, 'unknown option prot: there are port, '],
    [
      { ring: { lanes: 1 } },
      TypeError,
      'unknown option ring.lanes: there are ring.laneBytes, ring.maxProducers',
    ],
    [{ logLevel: 'loud' }, RangeError, 'logLevel has "loud": the levels are err, warn'],
    [{ logLevel: null }, TypeError, 'logLevel is null: it must be'],
    [{ ring: 7 }, TypeError, 'ring is 7: it must be an object'],
    [{ ring: { laneBytes: 5_000 } }, RangeError, 'ring.laneBytes is 5000: it must be a power of two'],
    [{ host: '' }, TypeError, 'host is "": it must be a string that is not empty'],
    [{ host: 5 }, TypeError, 'host is 5: '],
    [{ path: 'live' }, RangeError, `path is "live": it must begin with '/'`],
    [{ tls: {} }, TypeError, 'tls needs both key and cert'],
    [
      { producers: { socket: 'hub.sock' } },
      TypeError,
      'producers.socket is "hub.sock": it must be the absolute path of a unix socket',
    ],
    [{ producers: { path: '/x' } }, TypeError, 'unknown option producers.path: there are producers.socket'],
    [{ tls: { key: 'k', cert: 'c', pfx: 'p' } }, TypeError, 'unknown option tls.pfx'],
    [{ channels: 5 }, TypeError, 'channels is 5: it must be an object'],
    [{ channels: ['ticks'] }, TypeError, 'channels is an array: it must be an object, with options by name'],
    [{ channels: [] }, TypeError, 'channels is an array: '],
    [{ channels: { a: null } }, TypeError, 'channels["a"] is null: it must be an object'],
    [{ channels: { a: { slow: 'drop' } } }, RangeError, 'channels["a"].slow is "drop": it must be '],
    [
      { channels: { a: { handler: './x.js' } } },
      TypeError,
      'channels["a"].handler is ./x.js: it must be the absolute path',
    ],
    [{ channels: { '': {} } }, RangeError, 'channel name of 0 bytes'],
    [{ channels: { ['x'.repeat(256)]: {} } }, RangeError, 'channel name of 256 bytes'],
    [{ inboundCompression: 1 }, TypeError, 'inboundCompression is 1: it must be true or false'],
    [{ channels: { a: { receive: 'parts' } } }, RangeError, 'channels["a"].receive is "parts": it must be '],
    [{ port: '80' }, TypeError, 'port is 80: it must be a number'],
    [{ port: 80.5 }, RangeError, 'port is 80.5: it must be an integer from 0 to 65535'],
    [{ port: Number.NaN }, RangeError, 'port is NaN: '],
  ];

  it.each(bad)('refuse %j, and say why', (options, kind, message) => {
    const act = () => resolveHubOptions(options as HubOptions);
    expect(act).toThrow(kind);
    expect(act).toThrow(message);
  });

  const numbers = [
    ...Object.entries(HUB_NUMBERS).map(
      ([key, range]) => [key, range, (value: number) => ({ [key]: value })] as const,
    ),
    ...Object.entries(RING_NUMBERS).map(
      ([key, range]) => [`ring.${key}`, range, (value: number) => ({ ring: { [key]: value } })] as const,
    ),
    ...Object.entries(CHANNEL_NUMBERS).map(
      ([key, range]) =>
        [
          `channels["a b"].${key}`,
          range,
          (value: number) => ({ channels: { 'a b': { [key]: value } } }),
        ] as const,
    ),
  ];

  it.each(numbers)('take %s within its limits only, and name both', (name, [, lowest, highest], given) => {
    expect(() => resolveHubOptions(given(lowest))).not.toThrow();
    expect(() => resolveHubOptions(given(highest))).not.toThrow();
    for (const value of [lowest - 1, Number.NEGATIVE_INFINITY, Number.NaN, lowest + 0.5]) {
      expect(() => resolveHubOptions(given(value))).toThrow(
        `${name} is ${value}: it must be an integer from ${lowest}`,
      );
    }
    if (highest === Number.MAX_SAFE_INTEGER) {
      expect(() => resolveHubOptions(given(Number.POSITIVE_INFINITY))).not.toThrow();
    } else {
      expect(() => resolveHubOptions(given(highest + 1))).toThrow(
        `it must be an integer from ${lowest} to ${highest}`,
      );
    }
  });

  it('name channels, also those called like something that every object has', () => {
    const names = ['__proto__', 'constructor', 'toString', 'a/b ä'];
    const channels = Object.fromEntries(names.map((name) => [name, { maxLagBytes: 77 }]));
    const { policies, allowed } = resolveHubOptions({ channels });
    expect(Object.keys(policies).sort()).toEqual([...names].sort());
    for (const name of names) {
      expect(Object.hasOwn(policies, name) && policies[name].maxLagBytes).toBe(77);
      expect(isChannelAllowed(allowed, name)).toBe(true);
    }
    expect(isChannelAllowed(allowed, 'valueOf')).toBe(false);
    const travelled = structuredClone(resolveHubOptions({ channels }));
    expect(Object.hasOwn(travelled.policies, '__proto__')).toBe(true);
    expect(isChannelAllowed(resolveHubOptions().allowed, 'hasOwnProperty')).toBe(true);
  });
});
