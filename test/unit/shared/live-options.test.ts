import { applyLive, compareOptions } from '../../../src/shared/live-options';
import { type HubOptions, resolveHubOptions } from '../../../src/shared/options';

const change = (now: HubOptions, wanted: HubOptions) =>
  compareOptions(resolveHubOptions(now), resolveHubOptions(wanted));

describe('a change of options', () => {
  test('is empty between equal ones', () => {
    const options: HubOptions = { port: 80, channels: { a: { maxLagBytes: 5 }, '*': {} } };
    expect(change(options, structuredClone(options))).toEqual({
      live: { hub: {}, channels: {} },
      applied: [],
      needRestart: [],
    });
  });

  test.each([
    [{ maxConnections: 5 }, { maxConnections: 5 }],
    [{ maxDescriptors: 5 }, { maxDescriptors: 5 }],
    [{ logLevel: 'info' as const }, { logLevel: 15 }],
    [{ maxMessageBytes: 5 }, { maxMessageBytes: 5 }],
    [{ maxFragments: 5 }, { maxFragments: 5 }],
    [{ maxOutboundBytes: 65_536 }, { maxOutboundBytes: 65_536 }],
    [{ pingIntervalMs: 0 }, { pingIntervalMs: 0 }],
    [{ pongTimeoutMs: 5 }, { pongTimeoutMs: 5 }],
    [{ maxMessagesPerSecond: 5 }, { maxMessagesPerSecond: 5 }],
    [{ maxBytesPerSecond: 5 }, { maxBytesPerSecond: 5 }],
    [{ maxControlFramesPerSecond: 5 }, { maxControlFramesPerSecond: 5 }],
    [{ peerBurstMs: 5 }, { peerBurstMs: 5 }],
    [{ maxSubscriptions: 5 }, { maxSubscriptions: 5 }],
  ])('of %j is applied while the hub runs', (wanted, hub) => {
    expect(change({}, wanted)).toEqual({
      live: { hub, channels: {} },
      applied: Object.keys(wanted),
      needRestart: [],
    });
  });

  test('back to the default is a change too', () => {
    expect(change({ maxMessageBytes: 5 }, {}).live.hub).toEqual({ maxMessageBytes: 65_536 });
  });

  test.each<[HubOptions, string[]]>([
    [{ port: 5 }, ['port']],
    [{ host: '::1' }, ['host']],
    [{ path: '/live' }, ['path']],
    [{ ring: { laneBytes: 8_192, maxProducers: 2 } }, ['ring.laneBytes', 'ring.maxProducers']],
    [{ maxChannels: 5 }, ['maxChannels']],
    [{ inboundHighWaterBytes: 5 }, ['inboundHighWaterBytes']],
    [{ tls: { key: 'k', cert: 'c' } }, ['tls']],
    [{ channels: { a: {} } }, ['channels["*"]', 'channels["a"]']],
  ])('to %j needs a restart', (wanted, needRestart) => {
    expect(change({}, wanted)).toEqual({ live: { hub: {}, channels: {} }, applied: [], needRestart });
  });

  test("of a channel's numbers is applied, of its policy and its handler not", () => {
    const now: HubOptions = { channels: { a: {}, b: {} } };
    const wanted: HubOptions = {
      channels: { a: { maxLagMs: 5, maxStallMs: 6 }, b: { slow: 'wait', handler: '/h.js' } },
    };
    expect(change(now, wanted)).toEqual({
      live: { hub: {}, channels: { a: { maxLagMs: 5, maxStallMs: 6 } } },
      applied: ['channels["a"].maxLagMs', 'channels["a"].maxStallMs'],
      needRestart: ['channels["b"].slow', 'channels["b"].handler'],
    });
  });

  test('to another certificate is applied, to none or from none needs a restart', () => {
    const [one, other] = [
      { key: 'k', cert: 'c' },
      { key: 'l', cert: 'd' },
    ];
    expect(change({ tls: one }, { tls: other })).toEqual({
      live: { hub: { tls: other }, channels: {} },
      applied: ['tls'],
      needRestart: [],
    });
    expect(change({ tls: one }, {}).needRestart).toEqual(['tls']);
    expect(change({ tls: one }, { tls: { ...one } }).applied).toEqual([]);
  });

  test('is written into the objects that are in use', () => {
    const inUse = resolveHubOptions({ channels: { a: {} } });
    const policy = inUse.policies.a;
    const wanted = resolveHubOptions({ maxConnections: 3, channels: { a: { maxLagMessages: 7 } } });
    applyLive(inUse, compareOptions(inUse, wanted).live);
    expect(inUse.maxConnections).toBe(3);
    expect(policy.maxLagMessages).toBe(7);
    expect(compareOptions(inUse, wanted)).toMatchObject({ applied: [], needRestart: [] });
  });
});
