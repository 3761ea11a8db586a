/**
 * What is known of one peer's life: whether it answers, whether its write goes on, how far it has read.
 *
 * A peer that we do not read cannot be blamed: its pongs lie in our kernel's buffer.
 *
 * Thread: the service's.
 */
import type { PeerSocket } from '../peer-socket';
import { type PauseReason, Reading } from '../reading';
import { Acknowledgements } from './acknowledgements';
import { type LifeVerdict, Liveness } from './liveness';
import { LOOK_MS } from './peer-watch';
import type { ReadProgress } from './read-progress';
import { WriteProgress } from './write-progress';

export class PeerLife {
  readonly acknowledgements: Acknowledgements;
  readonly write: WriteProgress;
  readonly reading: Reading;
  readonly #socket: PeerSocket;
  readonly #liveness: Liveness;
  /** Whether pings ask what the peer has read, and not only whether it lives. */
  readonly #asks: boolean;
  #concluded = false;
  /** While a pong is due: the write under way had to wait for room in the kernel's buffer. */
  #blocked = false;

  constructor(id: number, socket: PeerSocket, asks: boolean, nowMs: number) {
    this.#socket = socket;
    this.#asks = asks;
    this.acknowledgements = new Acknowledgements(nowMs);
    this.write = new WriteProgress(socket);
    this.reading = new Reading(socket);
    this.#liveness = new Liveness(id, nowMs);
  }

  /** Whether nothing can be expected of the peer: we do not read it, or it has said its last word. */
  get excused(): boolean {
    return this.reading.paused || this.#concluded;
  }

  /** The peer sent its close frame: no pong comes behind that. */
  conclude(): void {
    this.#concluded = true;
    this.acknowledgements.late = false;
  }

  /** Whether the next write of so many bytes should have a ping behind it. */
  asksBehind(bytes: number, nowMs: number, spacingMs: number): boolean {
    return this.#asks && !this.excused && this.acknowledgements.isDue(nowMs, bytes, spacingMs);
  }

  heard(nowMs: number): void {
    this.#liveness.heard(nowMs);
  }

  /** A pong came: a sign of life, whatever it carries. @returns whether it answers one of our pings */
  pong(payload: Buffer, nowMs: number): boolean {
    this.#liveness.heard(nowMs);
    return this.acknowledgements.pong(payload, nowMs);
  }

  wrote(stream: ReadProgress, bytes: number, messages: number, nowMs: number): void {
    if (this.#asks) this.acknowledgements.wrote(stream, bytes, messages, nowMs);
  }

  /** A write is about to be handed to the socket. */
  begins(nowMs: number): void {
    this.write.begin(nowMs);
  }

  /** It is handed over. */
  begun(): void {
    // While a pong is due: did the kernel's buffer have room, or must the peer take something first?
    this.#blocked = this.#liveness.awaitsPong && (this.#socket.unsentBytes ?? 0) > 0;
  }

  ended(failed: boolean, nowMs: number): void {
    this.write.end();
    if (this.#blocked && !failed) this.#liveness.tookSome(nowMs);
    this.#blocked = false;
  }

  /** A ping is written, and all that goes before it is told of by `wrote`. */
  asked(nowMs: number): void {
    this.acknowledgements.asked(nowMs);
    this.#liveness.pinged(nowMs);
    if (this.excused) this.acknowledgements.excuse(nowMs);
  }

  stalledMs(nowMs: number): number {
    return this.write.stalledMs(nowMs, () => this.#liveness.tookSome(nowMs));
  }

  /** Looks what is to be done. */
  judge(nowMs: number, spacingMs: number, intervalMs: number, timeoutMs: number): LifeVerdict {
    if (this.excused) return 'fine';
    this.acknowledgements.look(nowMs);
    const { waiting } = this.acknowledgements;
    const verdict = intervalMs === 0 ? 'fine' : this.#liveness.judge(nowMs, intervalMs, timeoutMs, waiting);
    if (verdict === 'fine' && this.asksBehind(0, nowMs, spacingMs)) return 'ping';
    return verdict;
  }

  /** When it is to be looked at again, if nothing happens before; `Infinity`: then not at all. */
  nextLookMs(nowMs: number, intervalMs: number, timeoutMs: number): number {
    const { waiting, unasked } = this.acknowledgements;
    if (this.write.underway || (!this.excused && (waiting || unasked))) return nowMs + LOOK_MS;
    if (this.excused) return Number.POSITIVE_INFINITY;
    return Math.max(nowMs + LOOK_MS, this.#liveness.dueMs(intervalMs, timeoutMs));
  }

  /** Stops reading from the peer, until everybody who paused it has resumed it. @param realMs now, by a clock that never stands */
  pause(by: PauseReason, realMs: number): void {
    this.reading.pause(by, realMs);
    this.acknowledgements.late = false;
  }

  /** @returns whether it is read again by this */
  resume(by: PauseReason, realMs: number, nowMs: number): boolean {
    const { paused } = this.reading;
    this.reading.resume(by, realMs);
    if (!paused || this.reading.paused) return false;
    this.#liveness.heard(nowMs);
    this.acknowledgements.excuse(nowMs);
    return true;
  }
}
