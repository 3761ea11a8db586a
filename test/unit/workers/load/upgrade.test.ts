import { ConnectError } from '../../../../src/workers/load/connect-error';
import { Handshake } from '../../../../src/workers/load/handshake';
import { acceptFor, checkUpgradeAnswer, upgradeRequest } from '../../../../src/workers/load/upgrade';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const PLAIN = { headers: {}, origin: undefined, subprotocols: [] };
const request = (url: string, more: object = {}) => {
  const { beforeKey, afterKey } = upgradeRequest({ ...PLAIN, url: new URL(url), ...more });
  return `${beforeKey}${KEY}${afterKey}`;
};

test('asks as RFC 6455 section 4.1 has it', () => {
  expect(request('ws://example.org:8080/a%20b?c=d').split('\r\n')).toEqual([
    'GET /a%20b?c=d HTTP/1.1',
    'Host: example.org:8080',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${KEY}`,
    '',
    '',
  ]);
});

test('sends headers, origin, subprotocols and who is named in the URL', () => {
  const text = request('ws://us%3Aer:pass@[::1]/', {
    headers: { 'X-Test': '1', host: 'other' },
    origin: 'https://example.org',
    subprotocols: ['a', 'b'],
  });
  expect(text).toContain('\r\nhost: other\r\n');
  expect(text).not.toContain('Host: [::1]');
  expect(text).toContain('\r\nX-Test: 1\r\n');
  expect(text).toContain('\r\nOrigin: https://example.org\r\n');
  expect(text).toContain('\r\nSec-WebSocket-Protocol: a, b\r\n');
  expect(text).toContain(`\r\nAuthorization: Basic ${Buffer.from('us:er:pass').toString('base64')}\r\n`);
});

test('a header of the same name as one of the handshake does not break it', () => {
  const text = request('ws://h/', { headers: { connection: 'close', 'Sec-WebSocket-Version': '8' } });
  expect(text).toContain('\r\nConnection: Upgrade\r\n');
  expect(text).toContain('\r\nSec-WebSocket-Version: 13\r\n');
  expect(text).not.toContain('close');
});

const GOOD = [
  'HTTP/1.1 101 Switching Protocols',
  'upgrade: WebSocket',
  'connection: keep-alive, Upgrade',
  `sec-websocket-accept: ${acceptFor(KEY)}`,
];
const check = (lines: string[], subprotocols: string[] = [], body = '') =>
  checkUpgradeAnswer(lines.join('\r\n'), body, KEY, subprotocols);

test('accepts what the RFC has a client accept', () => {
  expect(acceptFor(KEY)).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  expect(() => check(GOOD)).not.toThrow();
  expect(() => check([...GOOD, 'Sec-WebSocket-Protocol: b'], ['a', 'b'])).not.toThrow();
});

test.each<[title: string, lines: string[], subprotocols: string[], text: string]>([
  ['no HTTP', ['220 mail ready'], [], 'begins with "220 mail ready"'],
  ['no Upgrade', GOOD.filter((line) => !line.startsWith('upgrade')), [], 'no header Upgrade: websocket'],
  ['no Connection', GOOD.filter((line) => !line.startsWith('conn')), [], 'no header Connection: Upgrade'],
  ['a wrong accept', [...GOOD.slice(0, 3), 'Sec-WebSocket-Accept: x'], [], 'a wrong Sec-WebSocket-Accept'],
  ['an accept twice', [...GOOD, GOOD[3]], [], 'a wrong Sec-WebSocket-Accept'],
  ['a line without a colon', [...GOOD, 'nonsense'], [], 'the header line "nonsense"'],
  [
    'an extension that was not asked for',
    [...GOOD, 'Sec-WebSocket-Extensions: permessage-deflate'],
    [],
    'the extension "permessage-deflate", which was not asked for',
  ],
  [
    'a subprotocol that was not asked for',
    [...GOOD, 'Sec-WebSocket-Protocol: c'],
    ['a'],
    'the subprotocol "c", which was not asked for',
  ],
  ['no subprotocol', GOOD, ['a'], 'no subprotocol; asked for was "a"'],
])('refuses %s', (_title, lines, subprotocols, text) => {
  expect(() => check(lines, subprotocols)).toThrow(expect.objectContaining({ code: 'BAD_UPGRADE' }));
  expect(() => check(lines, subprotocols)).toThrow(text);
});

function refusal(lines: string[], body = ''): ConnectError {
  try {
    check(lines, [], body);
  } catch (error) {
    return error as ConnectError;
  }
  throw new Error('it was accepted');
}

test('names the status, what the server says, and when to come again', () => {
  const error = refusal(['HTTP/1.1 503 Service Unavailable', 'Retry-After: 7'], 'too many\n');
  expect(error).toBeInstanceOf(ConnectError);
  expect(error).toMatchObject({
    code: 'HTTP 503',
    message: 'the server answered the upgrade with HTTP 503 Service Unavailable: "too many"',
    retryAfterMs: 7000,
  });
});

test('a time to come again is a date too, and not believed for ever', () => {
  expect(refusal(['HTTP/1.1 429 x', 'Retry-After: 86400']).retryAfterMs).toBe(60_000);
  expect(refusal(['HTTP/1.1 429 x', 'Retry-After: Sun, 06 Nov 1994 08:49:37 GMT']).retryAfterMs).toBe(0);
  expect(refusal(['HTTP/1.1 429 x', 'Retry-After: soon']).retryAfterMs).toBeUndefined();
});

test('follows no redirects, and says so', () => {
  expect(refusal(['HTTP/1.1 302 Found', 'Location: /login']).message).toBe(
    'the server answered the upgrade with HTTP 302 Found to "/login"; redirects are not followed',
  );
});

test('finds the end of a head wherever it is cut, and where the first frame begins', () => {
  for (let at = 1; ; at++) {
    const handshake = new Handshake([]);
    const key = /Key: (.*)\r\n/.exec(
      handshake.requestText(upgradeRequest({ ...PLAIN, url: new URL('ws://h/') })),
    )![1];
    const head = `${[...GOOD.slice(0, 3), `sec-websocket-accept: ${acceptFor(key)}`].join('\r\n')}\r\n\r\n`;
    const bytes = Buffer.from(`${head}FRAME`);
    if (at >= head.length) break;
    expect(handshake.take(bytes.subarray(0, at), at)).toBe(-1);
    const rest = bytes.subarray(at);
    expect(rest.toString('latin1', handshake.take(rest, rest.length))).toBe('FRAME');
    expect(handshake.upgraded).toBe(true);
  }
});

test.each(['220 mail ready\r\n', 'SSH-2.0-x', '\x16\x03\x01', 'HTTP/2', 'I'])(
  'refuses %j at once: no answer begins like that',
  (text) => {
    const take = () => new Handshake([]).take(Buffer.from(text, 'latin1'), text.length);
    expect(take).toThrow(`begins with ${JSON.stringify(text.trimEnd())}`);
    expect(take).toThrow(expect.objectContaining({ code: 'BAD_UPGRADE' }));
  },
);

test('takes no head without an end', () => {
  const handshake = new Handshake([]);
  const line = Buffer.from(`HTTP/1.1 101 x\r\nX: ${'*'.repeat(10_000)}`);
  expect(handshake.take(line, line.length)).toBe(-1);
  expect(() => handshake.take(line, line.length)).toThrow('a head of more than 16384 bytes');
});
