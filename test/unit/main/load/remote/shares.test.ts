import fc from 'fast-check';
import { parseAgentAddress } from '../../../../../src/main/load/remote/agent-address';
import { divideShare, sizeOf } from '../../../../../src/main/load/remote/shares';

describe('shares of a plan', () => {
  test('are all of it, once, and nearly of one size', () => {
    const range = fc
      .tuple(fc.nat(20_000), fc.nat(20_000))
      .map(([from, count]) => ({ from, to: from + count }));
    fc.assert(
      fc.property(range, range, fc.integer({ min: 1, max: 64 }), (clients, publishers, parts) => {
        const shares = divideShare({ clients, publishers }, parts);
        for (const who of ['clients', 'publishers'] as const) {
          const whole = { clients, publishers }[who];
          expect(shares[0]![who].from).toBe(whole.from);
          expect(shares.at(-1)![who].to).toBe(whole.to);
          for (let i = 1; i < parts; i++) expect(shares[i]![who].from).toBe(shares[i - 1]![who].to);
          const sizes = shares.map((share) => share[who].to - share[who].from);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        }
        expect(shares.map(sizeOf).reduce((a, b) => a + b)).toBe(sizeOf({ clients, publishers }));
      }),
    );
  });
});

describe('the address of an agent', () => {
  test.each([
    ['10.0.0.7:7070', { host: '10.0.0.7', port: 7070, name: '10.0.0.7:7070' }],
    ['load-1.example.org', { host: 'load-1.example.org', port: 7070, name: 'load-1.example.org:7070' }],
    ['[::1]:9', { host: '::1', port: 9, name: '[::1]:9' }],
  ])('%s', (text, address) => {
    expect(parseAgentAddress(text)).toEqual(address);
  });

  test.each(['', ':7070', 'a:b', 'a:70700', '::1', 'ws://a:7070', 'me@a:7070', 'a b'])(
    '%j is none, and the error shows what one looks like',
    (text) => {
      expect(() => parseAgentAddress(text)).toThrow(/such as 10\.0\.0\.7:7070/);
    },
  );
});
