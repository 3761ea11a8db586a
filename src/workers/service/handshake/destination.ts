/**
 * Where a handshake leads: the channel that its path names, else its subprotocol, else the default one; or what whoever
 * admitted the peer said.
 *
 * Thread: the service's.
 */
import type http from 'node:http';
import type { Admitted } from '../../../shared/authorization';
import { ANY_OTHER_CHANNEL, DEFAULT_CHANNEL, isChannelAllowed } from '../../../shared/channel-name';
import type { ResolvedHubOptions } from '../../../shared/options';
import { MAX_NAME_BYTES } from '../../../shared/ring/record';
import type { Channel } from '../channel';
import type { NoChannel } from '../channel-table';
import { NOT_ENCODED, NOT_FOUND, OTHER_CHANNEL, type Refusal, TOO_MANY_CHANNELS } from './refusal';

/** Of the subprotocols that a handshake offers, so many are looked at. */
const MAX_OFFERED_PROTOCOLS = 16;

export interface Destination {
  channel: Channel;
  /** Further ones that the peer gets. */
  others: Channel[];
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

  /** The channel that the request's path names; empty: it names none. */
  namedBy(request: http.IncomingMessage): string | Refusal {
    return channelOfUrl(request.url ?? '/', this.#options.path);
  }

  /** Where the request leads; its channels are made if need be. */
  of(request: http.IncomingMessage, { channels, protocol }: Admitted = {}): Destination | Refusal {
    const named = this.namedBy(request);
    if (typeof named !== 'string') return named;
    const offered = offeredProtocols(request);
    if (channels !== undefined) return this.#enterAdmitted(named, offered, channels, protocol);
    if (named !== '') return this.#enter(named, protocol ?? offered[0]);
    if (protocol !== undefined) return this.#enter(protocol, protocol);
    if (offered.length === 0) return this.#enter(DEFAULT_CHANNEL, undefined);
    let answer: Destination | Refusal = NOT_FOUND;
    for (const name of offered) {
      answer = this.#enter(name, name);
      if ('channel' in answer || answer.status === 503) break;
    }
    return answer;
  }

  /**
   * Exactly the channels that the peer was admitted to. What it asked for must be among them: to put it elsewhere would be a
   * surprise. Where the application chose the subprotocol, it has looked at them itself: then none needs to be a channel.
   */
  #enterAdmitted(
    named: string,
    offered: string[],
    channels: string[],
    protocol: string | undefined,
  ): Destination | Refusal {
    const asked = named !== '' ? [named] : protocol === undefined ? offered : [];
    const found = asked.find((name) => channels.includes(name));
    if (asked.length > 0 && found === undefined) return OTHER_CHANNEL;
    const home = found ?? channels[0];
    const chosen = protocol ?? (named === '' ? found : undefined) ?? offered[0];
    const destination = this.#enter(home, chosen);
    if (!('channel' in destination)) return destination;
    for (const name of channels) {
      if (name === home) continue;
      const other = this.#enter(name, undefined);
      if (!('channel' in other)) return other;
      destination.others.push(other.channel);
    }
    return destination;
  }

  #enter(name: string, protocol: string | undefined): Destination | Refusal {
    if (name === ANY_OTHER_CHANNEL || Buffer.byteLength(name) > MAX_NAME_BYTES) return NOT_FOUND;
    const channel = this.#channel(name);
    if (channel === 'not allowed') return NOT_FOUND;
    if (channel === 'too many') return TOO_MANY_CHANNELS;
    return { channel, others: [], protocol };
  }
}

export function offeredProtocols({ headers }: http.IncomingMessage): string[] {
  return (headers['sec-websocket-protocol'] ?? '')
    .split(',', MAX_OFFERED_PROTOCOLS)
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
    return NOT_ENCODED;
  }
}
