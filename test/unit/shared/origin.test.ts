import fc from 'fast-check';
import { canonicalOrigin, checkOriginEntry, isSameHost, parseOrigin } from '../../../src/shared/origin';

const sameHost = (origin: string, host: string): boolean => {
  const parsed = parseOrigin(origin);
  return parsed !== undefined && isSameHost(parsed, host);
};

describe('origins', () => {
  it.each([
    ['https://good.com', 'good.com', true],
    ['http://good.com', 'good.com', true],
    ['https://good.com:443', 'good.com', true],
    ['https://good.com', 'good.com:443', true],
    ['http://good.com', 'good.com:80', true],
    ['https://GOOD.com', 'good.COM', true],
    ['https://bücher.example', 'xn--bcher-kva.example', true],
    ['http://[::1]:8080', '[::1]:8080', true],
    ['http://[::1]', '[::1]', true],
    ['http://127.0.0.1:5173', '127.0.0.1:5173', true],
    ['http://localhost:5173', 'localhost:8080', false],
    ['https://good.com', 'good.com:80', false],
    ['http://good.com:8080', 'good.com', false],
    ['https://good.com.evil.com', 'good.com', false],
    ['https://evilgood.com', 'good.com', false],
    ['https://sub.good.com', 'good.com', false],
    ['https://good.com', 'sub.good.com', false],
    ['https://good.com/', 'good.com', false],
    ['https://good.com/path', 'good.com', false],
    ['https://good.com?x', 'good.com', false],
    ['https://good.com#x', 'good.com', false],
    ['https://user@good.com', 'good.com', false],
    ['https://evil.com@good.com', 'good.com', false],
    ['https://good.com\\@evil.com', 'good.com', false],
    ['https://good.com, https://evil.com', 'good.com', false],
    ['https://good.com https://evil.com', 'good.com', false],
    ['https://%67ood.com', 'good.com', false],
    ['https://good.com:', 'good.com', false],
    ['https://good.com:99999', 'good.com', false],
    ['good.com', 'good.com', false],
    ['//good.com', 'good.com', false],
    ['https:good.com', 'good.com', false],
    ['null', 'null', false],
    ['', 'good.com', false],
    ['chrome-extension://good.com', 'good.com', false],
    ['file://', '', false],
    ['https://good.com', '', false],
  ])('%s is of the host %s: %s', (origin, host, expected) => {
    expect(sameHost(origin, host)).toBe(expected);
  });

  it('are one and the same however they are written, with default ports folded', () => {
    expect(canonicalOrigin('HTTPS://App.Example.com')).toBe('https://app.example.com:443');
    expect(canonicalOrigin('https://app.example.com:443')).toBe('https://app.example.com:443');
    expect(canonicalOrigin('http://app.example.com')).not.toBe(canonicalOrigin('https://app.example.com'));
    expect(canonicalOrigin('vscode-webview://abc')).toBe('vscode-webview://abc:');
    expect(['null', 'file://'].map(canonicalOrigin)).toEqual(['null', 'file://']);
  });

  it('of the options are refused, with the remedy, where they could never match', () => {
    for (const entry of ['https://app.example.com/', '*', 'app.example.com', 'https://*.example.com/x', ''])
      expect(() => checkOriginEntry('origins[0]', entry)).toThrow(/^origins\[0\] is .*scheme:\/\/host/);
    expect(() => checkOriginEntry('origins[1]', 5)).toThrow('origins[1] is 5: it must be a string');
  });

  it('match themselves and no other, whatever the text', () => {
    const hosts = fc.constantFrom('a.com', 'b.com', 'a.com.b.com', 'ab.com', 'x.a.com');
    fc.assert(
      fc.property(hosts, hosts, fc.constantFrom('', ':80', ':443', ':8080'), (one, other, port) => {
        const origin = `https://${one}${port}`;
        expect(sameHost(origin, `${other}${port}`)).toBe(one === other);
        expect(sameHost(`${origin}${other}`, one)).toBe(false);
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        const canonical = canonicalOrigin(text);
        if (canonical === undefined || canonical.endsWith(':')) return;
        expect(canonicalOrigin(canonical)).toBe(canonical);
      }),
    );
  });
});
