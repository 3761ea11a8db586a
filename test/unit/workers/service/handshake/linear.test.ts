import type http from 'node:http';
import type { Socket } from 'node:net';
import { parseHost, parseOrigin } from '../../../../../src/shared/origin';
import { Clients } from '../../../../../src/workers/service/handshake/client';
import { offeredProtocols, pathOfTarget } from '../../../../../src/workers/service/handshake/destination';
import { withoutSecrets } from '../../../../../src/workers/service/handshake/secrets';

const LENGTH = 64 * 1024;
/**
 * Work that grows with the length takes a few milliseconds at the most; with its square, four thousand million steps: many
 * seconds. Between the two there is room for a busy machine.
 */
const MOST_MS = 200;

const clients = (forwardedHeader: 'x-forwarded-for' | 'forwarded') =>
  new Clients({ trustedProxies: ['10.0.0.1'], forwardedHeader });
const forwardedBy = (name: 'x-forwarded-for' | 'forwarded') => (text: string) =>
  clients(name).of(
    { headers: { [name]: text } } as http.IncomingMessage,
    { remoteAddress: '10.0.0.1' } as Socket,
  );
const protocols = (text: string) =>
  offeredProtocols({ headers: { 'sec-websocket-protocol': text } } as http.IncomingMessage);
const secrets = (text: string) =>
  withoutSecrets(text, {
    url: `/?${text}`,
    channel: undefined,
    headers: { cookie: text },
    remoteAddress: '',
    protocols: [],
    secure: false,
  });

const PARSERS: [name: string, parse: (text: string) => unknown][] = [
  ['the origin', parseOrigin],
  ['the host', parseHost],
  ['the path', pathOfTarget],
  ['subprotocols', protocols],
  ['X-Forwarded-For', forwardedBy('x-forwarded-for')],
  ['Forwarded', forwardedBy('forwarded')],
  ['what is kept out of logs', secrets],
];
const LINES = ['a', ',', ' ', '1', ':', '[', '"', ';for=', 'https://', ',a ', '%', '\\', 'a=b;'];

/** The least time of several goes. */
function leastMs(run: () => unknown): number {
  let least = Number.POSITIVE_INFINITY;
  for (let go = 0; go < 3; go++) {
    const begun = performance.now();
    run();
    least = Math.min(least, performance.now() - begun);
  }
  return least;
}

describe('a header of 64 KiB', () => {
  it.each(PARSERS)('costs %s work that grows with its length, and not with the square', (_name, parse) => {
    for (const piece of LINES) {
      const line = piece.repeat(LENGTH / piece.length);
      expect([piece, leastMs(() => parse(line)) < MOST_MS]).toEqual([piece, true]);
    }
  });
});
