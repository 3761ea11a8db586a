/**
 * Where a handshake leads: the channel that its path names, else its subprotocol, else the default one.
 *
 * Thread: the service's.
 */
import type http from 'node:http';
import { ANY_OTHER_CHANNEL, DEFAULT_CHANNEL, isChannelAllowed } from '../../../shared/channel-name';
import type { ResolvedHubOptions } from '../../../shared/options';
import { MAX_NAME_BYTES } from '../../../shared/ring/record';
import type { Channel } from '../channel';
import type { NoChannel } from '../channel-table';
import { NOT_FOUND, type Refusal } from './refusal';

/** Of the subprotocols that a handshake offers, so many are looked at. */
const MAX_OFFERED_PROTOCOLS = 16;

export interface Destination {
  channel: Channel;
  /** The subprotocol to answer with. */
  protocol: string | undefined;
}

export class Destinations {
  readonly #options: ResolvedHubOptions;
  readonly #channel: (name: string) => Channel | NoChannel;

  /** @param channel the channel of a name, made if need be */
  constructor(options: ResolvedHubOptions, channel: (name: string) => Channel | NoChannel) {
    this.#options = options;
    this.#channel = channel;
  }

  /** Whether the hub's options allow a channel that the request names. Makes none. */
  allows(request: http.IncomingMessage): boolean {
    const named = channelOfUrl(request.url ?? '/', this.#options.path);
    if (typeof named !== 'string') return false;
    const names = named !== '' ? [named] : offeredProtocols(request);
    return (names.length === 0 ? [DEFAULT_CHANNEL] : names).some((name) =>
      isChannelAllowed(this.#options.allowed, name),
    );
  }

  /** Where the request leads; its channel is made if need be. */
  of(request: http.IncomingMessage): Destination | Refusal {
    const named = channelOfUrl(request.url ?? '/', this.#options.path);
    if (typeof named !== 'string') return named;
    const offered = offeredProtocols(request);
    if (named !== '') return this.#enter(named, offered[0]);
    if (offered.length === 0) return this.#enter(DEFAULT_CHANNEL, undefined);
    let answer: Destination | Refusal = NOT_FOUND;
    for (const name of offered.slice(0, MAX_OFFERED_PROTOCOLS)) {
      answer = this.#enter(name, name);
      if ('channel' in answer || answer.status === 503) break;
    }
    return answer;
  }

  #enter(name: string, protocol: string | undefined): Destination | Refusal {
    if (name === ANY_OTHER_CHANNEL || Buffer.byteLength(name) > MAX_NAME_BYTES) return NOT_FOUND;
    const channel = this.#channel(name);
    if (channel === 'not allowed') return NOT_FOUND;
    if (channel === 'too many') return { status: 503, text: 'too many channels' };
    return { channel, protocol };
  }
}

function offeredProtocols({ headers }: http.IncomingMessage): string[] {
  return (headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** A request may name the server too, as to a proxy: that is to be accepted (RFC 9112 section 3.2.2). */
const ABSOLUTE_FORM = /^(?:https?|wss?):\/\/[^/?#]*/i;

/** The path of a request's target, without its query. */
export function pathOfTarget(url: string): string {
  const target = url.replace(ABSOLUTE_FORM, '');
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}

/** The channel that a URL's path names below `base`; empty: it names none. */
function channelOfUrl(url: string, base: string): string | Refusal {
  const path = pathOfTarget(url);
  if (`${path}/` === base) return '';
  if (!path.startsWith(base)) return NOT_FOUND;
  try {
    return decodeURIComponent(path.slice(base.length));
  } catch {
    return { status: 400, text: 'the path is not percent-encoded UTF-8' };
  }
}
