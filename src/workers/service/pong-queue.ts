/**
 * Pongs that are due to one peer. RFC 6455 section 5.5.3 lets a server answer only the newest of several pings; clients expect
 * one pong for each of a few. So the newest few are kept, and a flood of pings costs no more than these a write.
 *
 * Thread: the service's.
 */
import { encodeFrame, Opcode } from './frame';

/** With control frames' 125 bytes at the most, 2 KiB. Autobahn's suite sends 10 pings at once and wants as many pongs. */
export const MAX_PENDING_PONGS = 16;

export class PongQueue {
  #pongs: Buffer[] = [];

  get empty(): boolean {
    return this.#pongs.length === 0;
  }

  /** Answers a ping that had this payload. */
  add(payload: Uint8Array): void {
    if (this.#pongs.length === MAX_PENDING_PONGS) this.#pongs.shift();
    this.#pongs.push(encodeFrame(Opcode.PONG, payload));
  }

  /** All of them, oldest first, as one write; undefined if none is due. */
  take(): Buffer | undefined {
    const pongs = this.#pongs;
    if (pongs.length === 0) return undefined;
    this.#pongs = [];
    return pongs.length === 1 ? pongs[0] : Buffer.concat(pongs);
  }

  clear(): void {
    this.#pongs = [];
  }
}
