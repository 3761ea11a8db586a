/**
 * Asks about a handshake, and reads the answer. Whatever goes wrong with that lets nobody in: 503, and the log says why,
 * without what the peer sent.
 *
 * Thread: the service's.
 */
import type { TLSSocket } from 'node:tls';
import { type Admitted, type AuthorizeRequest, type Denied, verdictOf } from '../../../shared/authorization';
import { log } from '../../../shared/log';
import type { ResolvedHubOptions } from '../../../shared/options';
import type { Authorizer } from './authorizer';
import { type Destinations, offeredProtocols } from './destination';
import type { Outcome, PendingHandshakes } from './pending-handshakes';
import { CLOSING, EXPIRED, type Refusal, TOO_MANY_PENDING, UNAVAILABLE } from './refusal';
import { withoutSecrets } from './secrets';
import type { Handshake } from './upgrader';

const DENIED_REASONS = { 401: 'unauthorized', 403: 'forbidden', 503: 'unavailable' } as const;
const DENIED_TEXTS = { 401: 'unauthorized', 403: 'forbidden', 503: UNAVAILABLE.text } as const;

/** `'left'`: the peer is gone. */
export type Answer = { admitted: Admitted } | { refusal: Refusal } | 'left';

export class Inquiry {
  readonly #authorizer: Authorizer;
  readonly #options: ResolvedHubOptions;
  readonly #destinations: Destinations;
  readonly #pending: PendingHandshakes;

  constructor(
    authorizer: Authorizer,
    options: ResolvedHubOptions,
    destinations: Destinations,
    pending: PendingHandshakes,
  ) {
    this.#authorizer = authorizer;
    this.#options = options;
    this.#destinations = destinations;
    this.#pending = pending;
  }

  async about(handshake: Handshake): Promise<Answer> {
    const { authorizeTimeoutMs, maxPendingHandshakes } = this.#options;
    if (this.#pending.size >= maxPendingHandshakes) return { refusal: TOO_MANY_PENDING };
    const request = this.#requestOf(handshake);
    if ('status' in request) return { refusal: request };
    const outcome = await this.#pending.wait(handshake.socket, authorizeTimeoutMs, (signal) =>
      this.#authorizer.ask(request, signal),
    );
    return this.#read(outcome, request);
  }

  /** Whoever is asked must not be able to change what comes behind. */
  #requestOf({ request, socket, client }: Handshake): AuthorizeRequest | Refusal {
    const channel = this.#destinations.namedBy(request);
    if (typeof channel !== 'string') return channel;
    return {
      url: request.url ?? '/',
      channel: channel === '' ? undefined : channel,
      headers: { ...request.headers },
      remoteAddress: client.address,
      protocols: offeredProtocols(request),
      secure: (socket as TLSSocket).encrypted === true,
    };
  }

  #read(outcome: Outcome, request: AuthorizeRequest): Answer {
    switch (outcome.type) {
      case 'left':
        return 'left';
      case 'closing':
        return { refusal: CLOSING };
      case 'late':
        log.warn(`authorize did not answer within ${this.#options.authorizeTimeoutMs} ms: refused with 503`, {
          kind: 'authorize',
        });
        return { refusal: UNAVAILABLE };
      case 'failed':
        return this.#failed(outcome.cause, request);
      case 'answered':
        return this.#readAnswer(outcome.answer, request);
    }
  }

  #readAnswer(answer: unknown, request: AuthorizeRequest): Answer {
    try {
      const verdict = verdictOf(answer);
      if ('denied' in verdict) return { refusal: refusalOf(verdict.denied) };
      const { protocol, expiresAtMs } = verdict.admitted;
      if (protocol !== undefined && !request.protocols.includes(protocol))
        throw new RangeError('authorize answered a protocol that the peer does not offer');
      if (expiresAtMs !== undefined && expiresAtMs <= Date.now()) return { refusal: EXPIRED };
      return verdict;
    } catch (cause) {
      return this.#failed(cause, request);
    }
  }

  #failed(cause: unknown, request: AuthorizeRequest): Answer {
    const text = withoutSecrets(describe(cause), request);
    log.err(`authorize failed: ${text}; the peer was refused with 503`, { kind: 'authorize' });
    return { refusal: UNAVAILABLE };
  }
}

function refusalOf({ status, reason, retryAfterSeconds, headers }: Denied): Refusal {
  return {
    status,
    text: reason ?? DENIED_TEXTS[status],
    reason: DENIED_REASONS[status],
    retryAfterSeconds,
    headers,
  };
}

function describe(thrown: unknown): string {
  try {
    return String((thrown as Error | undefined)?.message ?? thrown);
  } catch {
    return 'something without a text';
  }
}
