/**
 * The opening of one connection: when its steps were done, and the head of the answer as it comes. Dropped when it is open.
 *
 * Thread: a load thread.
 */
import { randomBytes } from 'node:crypto';
import { monotonicNs } from '../../shared/load/monotonic';
import { ConnectError, ConnectFailure } from './connect-error';
import type { ConnectTimings } from './peer';
import { checkBeginning, checkUpgradeAnswer, MAX_HEAD_BYTES, type UpgradeRequest } from './upgrade';

const HEAD_END = '\r\n\r\n';
const KEY_BYTES = 16;
export const HEAD_INCOMPLETE = -1;

export class Handshake {
  readonly #key = randomBytes(KEY_BYTES).toString('base64');
  readonly #subprotocols: string[];
  #head = '';
  #upgraded = false;
  #markNs = monotonicNs();
  readonly timings: ConnectTimings = { tcpNs: 0, tlsNs: 0, upgradeNs: 0 };

  constructor(subprotocols: string[]) {
    this.#subprotocols = subprotocols;
  }

  /** Whether the answer has come, and is good. */
  get upgraded(): boolean {
    return this.#upgraded;
  }

  connected(): void {
    this.timings.tcpNs = this.#lap();
  }

  secured(): void {
    this.timings.tlsNs = this.#lap();
  }

  requestText({ beforeKey, afterKey }: UpgradeRequest): string {
    return `${beforeKey}${this.#key}${afterKey}`;
  }

  /**
   * Takes what was read.
   *
   * @returns where the first frame begins in `bytes`, or HEAD_INCOMPLETE
   * @throws {ConnectError} if the answer is not to be accepted
   */
  take(bytes: Buffer, length: number): number {
    const before = this.#head.length;
    this.#head += bytes.toString('latin1', 0, Math.min(length, MAX_HEAD_BYTES));
    checkBeginning(this.#head);
    const end = this.#head.indexOf(HEAD_END, Math.max(0, before - HEAD_END.length));
    const headBytes = end < 0 ? this.#head.length : end;
    if (headBytes >= MAX_HEAD_BYTES)
      throw new ConnectError(
        ConnectFailure.BAD_UPGRADE,
        `the answer to the upgrade has a head of more than ${MAX_HEAD_BYTES} bytes`,
      );
    if (end < 0) return HEAD_INCOMPLETE;
    const behind = end + HEAD_END.length;
    checkUpgradeAnswer(this.#head.slice(0, end), this.#head.slice(behind), this.#key, this.#subprotocols);
    this.#upgraded = true;
    this.timings.upgradeNs = this.#lap();
    return behind - before;
  }

  #lap(): number {
    const nowNs = monotonicNs();
    const lapNs = nowNs - this.#markNs;
    this.#markNs = nowNs;
    return lapNs;
  }
}
