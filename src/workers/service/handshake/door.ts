/**
 * The checks of a handshake that need nobody's answer, the cheapest and the most lasting first: whom no waiting would help
 * is not told to try again, and takes nothing of what is for the others.
 *
 *     origin (403) ─▶ room (503) ─▶ address (503) ─▶ rate (503) ─▶ authorize (401, 403, 503) ─▶ channel (404)
 *
 * Thread: the service's.
 */
import type http from 'node:http';
import type { ResolvedHubOptions } from '../../../shared/options';
import { AddressLimits } from './address-limits';
import type { Client } from './client';
import { OriginPolicy } from './origin-policy';
import { ADDRESS_FULL, FOREIGN_ORIGIN, FULL, type Refusal, tooFast } from './refusal';

export class Door {
  readonly addresses: AddressLimits;
  readonly #origins: OriginPolicy;
  readonly #isFull: () => boolean;

  /** @param isFull whether there is no seat for one more */
  constructor(options: ResolvedHubOptions, nowMs: () => number, isFull: () => boolean) {
    this.addresses = new AddressLimits(options, nowMs);
    this.#origins = new OriginPolicy(options);
    this.#isFull = isFull;
  }

  /** @returns undefined: it may go on */
  refusalOf(request: http.IncomingMessage, client: Client): Refusal | undefined {
    if (!this.#origins.allows(request, client)) return FOREIGN_ORIGIN;
    if (this.#isFull()) return FULL;
    if (this.addresses.isFull(client.address)) return ADDRESS_FULL;
    const waitMs = this.addresses.waitMs(client.address);
    return waitMs > 0 ? tooFast(waitMs) : undefined;
  }
}
