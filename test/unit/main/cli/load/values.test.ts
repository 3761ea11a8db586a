import * as read from '../../../../../src/main/cli/load/values';

describe('values', () => {
  test.each([
    ['2000', 2_000],
    ['20k', 20_000],
    ['1.5k', 1_500],
    ['1M', 1_000_000],
  ])('%s is a count of %d', (text, number) => {
    expect(read.count().read(text)).toBe(number);
  });

  test.each(['', '-1', '1.5', '1e3', '0x10', 'k', '2 000', '12x', 'NaN'])('%j is no count', (text) => {
    expect(() => read.count().read(text)).toThrow(
      'must be a whole number, 0 or more, such as 500, 20k or 1M',
    );
  });

  test.each([
    ['20k', 20_000],
    ['20k/s', 20_000],
    ['0.5', 0.5],
    ['1.1k', 1_100],
    ['1.5M / s', 1_500_000],
  ])('%s is a rate of %d per second', (text, perSecond) => {
    expect(read.rate.read(text)).toBe(perSecond);
  });

  test.each([
    ['30s', 30_000],
    ['1.5m', 90_000],
    ['2min', 120_000],
    ['250us', 0.25],
    ['250µs', 0.25],
    ['500 ms', 500],
    ['1h', 3_600_000],
    ['0', 0],
  ])('%s is a time of %d ms', (text, ms) => {
    expect(read.duration.read(text)).toBe(ms);
  });

  test.each(['30', '', 's', '-1s', '1d', '1s 2ms'])('%j is no time: it needs a unit', (text) => {
    expect(() => read.duration.read(text)).toThrow('a time with its unit, such as 500ms, 30s, 1.5m or 1h');
  });

  test.each([
    ['5%', 0.05],
    ['0.5%', 0.005],
    ['100%', 1],
    ['0.05', 0.05],
  ])('%s is a share of %d', (text, share) => {
    expect(read.share.read(text)).toBeCloseTo(share, 12);
  });

  test.each([
    ['128', [{ minBytes: 128, maxBytes: 128, weight: 1 }]],
    ['64..4KiB', [{ minBytes: 64, maxBytes: 4_096, weight: 1 }]],
    [
      '64:9,1kB..2kB:1',
      [
        { minBytes: 64, maxBytes: 64, weight: 9 },
        { minBytes: 1_000, maxBytes: 2_000, weight: 1 },
      ],
    ],
  ])('%s are sizes', (text, sizes) => {
    expect(read.sizes.read(text)).toEqual(sizes);
  });

  test.each(['', '64..', '4096..64', '64:0', '64:1:1', '1..2..3', '64,', '1XB'])(
    '%j are no sizes',
    (text) => {
      expect(() => read.sizes.read(text)).toThrow('a size such as 128, 64kB or 64KiB');
    },
  );

  test.each([
    ['30s:10k', { durationMs: 30_000, ratePerSecond: 10_000, ramp: false }],
    ['1m:..2k/s', { durationMs: 60_000, ratePerSecond: 2_000, ramp: true }],
  ])('%s is a stage', (text, stage) => {
    expect(read.stage.read(text)).toEqual(stage);
  });

  test.each(['30s', '10k:30s', '30s:10k:1', ':'])('%j is no stage', (text) => {
    expect(() => read.stage.read(text)).toThrow('such as 30s:10k, or 30s:..10k');
  });

  test('a ramp has two rates and a time', () => {
    expect(read.ramp.read('0..10k/60s')).toEqual({ from: 0, to: 10_000, durationMs: 60_000 });
    expect(() => read.ramp.read('0..10k')).toThrow('such as 0..10k/60s');
  });

  test.each([
    ['5%:64kB/s', { share: 0.05, behaviour: { kind: 'rate', bytesPerSecond: 64_000 } }],
    ['20:stall=10s/30s', { clients: 20, behaviour: { kind: 'stall', stallMs: 10_000, everyMs: 30_000 } }],
    ['1%:never-read', { share: 0.01, behaviour: { kind: 'never-read' } }],
    ['1%:half-open', { share: 0.01, behaviour: { kind: 'half-open' } }],
    ['2%:cut=5s', { share: 0.02, behaviour: { kind: 'cut', afterMs: 5_000 } }],
  ])('%s is a slow group, and that is its name', (text, group) => {
    expect(read.slow.read(text)).toEqual({ name: text, ...group });
  });

  test.each(['5%', '5%:', '5%:64kB', '5%:slowly', '1.5:never-read', '1%:stall=30s/10s', '101%:never-read'])(
    '%j is no slow group',
    (text) => {
      expect(() => read.slow.read(text)).toThrow('5%:64kB/s, 20:stall=10s/30s');
    },
  );

  test('a header has a name, and no second header in its value', () => {
    expect(read.header.read('X-Test: a: b')).toEqual(['X-Test', 'a: b']);
    expect(read.header.read('@secret.txt')).toEqual(['@', 'secret.txt']);
    for (const wrong of ['X-Test', ': x', 'X Test: x', 'X: a\r\nY: b', '@']) {
      expect(() => read.header.read(wrong)).toThrow('of the form "Name: value"');
    }
  });

  test.each([
    ['9464', { host: '127.0.0.1', port: 9464 }],
    [':9464', { host: '127.0.0.1', port: 9464 }],
    ['0.0.0.0:9464', { host: '0.0.0.0', port: 9464 }],
    ['[::1]:9464', { host: '::1', port: 9464 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
  ])('%s is an address', (text, address) => {
    expect(read.address.read(text)).toEqual(address);
  });

  test.each(['', 'localhost', 'x:65536', '::1:80', 'http://x:80'])('%j is no address', (text) => {
    expect(() => read.address.read(text)).toThrow('such as 127.0.0.1:9464 or 9464');
  });

  test.each([
    ['yes', true],
    ['1', true],
    ['false', false],
    ['off', false],
  ])('%s is %s', (text, value) => {
    expect(read.flag.read(text)).toBe(value);
  });
});
