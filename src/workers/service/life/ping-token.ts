/**
 * What a ping carries: a random number that nobody knows who has not read the ping. So a pong proves that its sender's WebSocket
 * stack has read all that stood before that ping.
 *
 * Thread: any; each has its own.
 */
import { randomFillSync } from 'node:crypto';

/** 48 bits: a number can hold them, and nobody guesses them. */
export const TOKEN_BYTES = 6;
const TOKENS_AT_ONCE = 512;

const pool = Buffer.alloc(TOKEN_BYTES * TOKENS_AT_ONCE);
let used = pool.length;

export function randomToken(): number {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += TOKEN_BYTES;
  return pool.readUIntBE(used - TOKEN_BYTES, TOKEN_BYTES);
}

export function encodeToken(token: number): Buffer {
  const bytes = Buffer.allocUnsafe(TOKEN_BYTES);
  bytes.writeUIntBE(token, 0, TOKEN_BYTES);
  return bytes;
}

/** The token that a pong carries; undefined: it is no answer to a ping of ours. */
export function decodeToken(payload: Buffer): number | undefined {
  return payload.length === TOKEN_BYTES ? payload.readUIntBE(0, TOKEN_BYTES) : undefined;
}
