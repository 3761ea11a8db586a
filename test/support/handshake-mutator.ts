/** Upgrade requests that are almost right: 30 valid or nearly valid ones, and bytes of them changed by a seed. */
import type { Random } from './random';

const KEY = 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==';
const BASE = [
  'Host: localhost',
  'Upgrade: websocket',
  'Connection: Upgrade',
  KEY,
  'Sec-WebSocket-Version: 13',
];

function request(
  target: string,
  more: string[] = [],
  { method = 'GET', base = BASE, version = 'HTTP/1.1' } = {},
): string {
  return [`${method} ${target} ${version}`, ...base, ...more, '', ''].join('\r\n');
}

const without = (name: string) => BASE.filter((line) => !line.startsWith(name));

export const SEED_REQUESTS: readonly string[] = [
  request('/'),
  request('/ticks?token=abc&x=%20'),
  request('//'),
  request('http://['),
  request('http://127.0.0.1/ticks'),
  request('ws://user:pass@host:99999/%2e%2e/'),
  request('*'),
  request('/%E4%ZZ'),
  request('/%00%0d%0a'),
  request('/__proto__'),
  request(`/${'a'.repeat(4_000)}`),
  request('/', [`X: ${'b'.repeat(16_000)}`]),
  request(
    '/',
    Array.from({ length: 2_000 }, (_, at) => `X${at}: 1`),
  ),
  request('/', [], { base: without('Sec-WebSocket-Key') }),
  request('/', ['Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA'], { base: without('Sec-WebSocket-Key') }),
  request('/', ['Sec-WebSocket-Version: 12'], { base: without('Sec-WebSocket-Version') }),
  request('/', [KEY, KEY]),
  request('/', ['Host: other', 'Host: third']),
  request('/', [], { base: without('Host') }),
  request('/', [], { version: 'HTTP/1.0' }),
  request('/', [], { version: 'HTTP/2.0' }),
  request('/', [], { method: 'POST' }),
  request('/', ['Content-Length: 5'], { method: 'PUT' }),
  request('/', ['Transfer-Encoding: chunked', 'Content-Length: 3']),
  request('/', ['Sec-WebSocket-Protocol: a, b;c,,"d']),
  request('/', ['Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits="15; x']),
  request('/', ['Origin: https://good.com.evil.com', 'Origin: null']),
  request('/', ['X-Forwarded-For: 1.1.1.1, ,[::1]:99999999, unknown', 'Forwarded: for="[";;=,for=']),
  request('/', ['Authorization: Bearer ', 'Cookie: a=b; =; ;']),
  request('/', ['Expect: 100-continue']),
];

/** One of the requests with up to eight changes of its bytes. */
export function mutatedRequest(random: Random): Buffer {
  let bytes: Buffer = Buffer.from(random.pick(SEED_REQUESTS), 'latin1');
  const changes = random.below(8) + 1;
  for (let change = 0; change < changes && bytes.length > 0; change++) bytes = mutate(bytes, random);
  return bytes;
}

/** One change: a bit, a byte, some bytes cut out, twice, or put in, or the end cut off. */
export function mutate(bytes: Buffer, random: Random): Buffer {
  const at = random.below(bytes.length);
  const length = Math.min(bytes.length - at, random.below(40) + 1);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (random.below(6)) {
    case 0: {
      const changed = Buffer.from(bytes);
      changed[at] ^= 1 << random.below(8);
      return changed;
    }
    case 1: {
      const changed = Buffer.from(bytes);
      changed[at] = random.pick([0, 0x0d, 0x0a, 0x20, 0x3a, 0x2c, 0x22, 0x25, 0x7f, 0xff]);
      return changed;
    }
    case 2:
      return Buffer.concat([before, after.subarray(length)]);
    case 3:
      return Buffer.concat([before, after.subarray(0, length), after]);
    case 4:
      return Buffer.concat([before, random.bytes(length), after]);
    default:
      return Buffer.from(before);
  }
}
