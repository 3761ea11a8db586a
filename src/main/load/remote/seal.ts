/**
 * What keeps strangers out of a connection between coordinator and agent: proofs of a token that both have and neither sends,
 * and a seal on each frame after that. It hides nothing: whoever may listen on the way needs TLS to be kept out.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

export const NONCE_BYTES = 32;
export const SEAL_BYTES = 16;
/** A shorter token could be found by trying, by whoever has seen one proof. */
export const MIN_TOKEN_BYTES = 16;

/** Each side's words differ, so that a proof cannot be sent back to whom it came from. */
export type Side = 'coordinator' | 'agent';

export interface Nonces {
  coordinator: string;
  agent: string;
}

/** Hexadecimal. */
export function newNonce(): string {
  return randomBytes(NONCE_BYTES).toString('hex');
}

/** Says that `side` has the token; holds for one connection only. Hexadecimal. */
export function proofOf(token: string, side: Side, nonces: Nonces): string {
  return derive(token, `${side} proves`, nonces).toString('hex');
}

/** Takes the same time wherever they differ. */
export function isSameProof(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one, 'utf8'), Buffer.from(other, 'utf8')];
  return a.length === b.length && timingSafeEqual(a, b);
}

/**
 * Seals the frames of one direction of one connection: each by its content and its number, so that none can be changed, left
 * out, repeated or put elsewhere.
 */
export class Seal {
  readonly #key: Buffer;
  #number = 0;

  constructor(token: string, from: Side, nonces: Nonces) {
    this.#key = derive(token, `${from} seals`, nonces);
  }

  /** The seal of the next frame. */
  next(kind: number, body: Uint8Array): Buffer {
    const head = Buffer.allocUnsafe(9);
    head.writeDoubleLE(this.#number++, 0);
    head.writeUInt8(kind, 8);
    return createHmac('sha256', this.#key).update(head).update(body).digest().subarray(0, SEAL_BYTES);
  }

  /** Whether `seal` is that of the next frame. */
  fits(seal: Uint8Array, kind: number, body: Uint8Array): boolean {
    return seal.length === SEAL_BYTES && timingSafeEqual(seal, this.next(kind, body));
  }
}

function derive(token: string, what: string, { coordinator, agent }: Nonces): Buffer {
  return createHmac('sha256', token).update(`ringcast agent 1\n${what}\n${coordinator}\n${agent}`).digest();
}
