/**
 * How a peer of a slow group reads: by pausing its own socket, which disturbs no other. Node cannot make a socket's receive buffer
 * small, so on loopback the kernel takes megabytes before the server feels it: a run must be long enough for that.
 *
 * Thread: a load thread.
 */
import type { Socket } from 'node:net';
import type { SlowGroup } from '../../shared/load/plan';

type Behaviour = SlowGroup['behaviour'];

/** A peer that reads at a rate reads so often, as long as the pieces are not too small or large. */
const READS_PER_SECOND = 20;
const FEWEST_READ_BYTES = 256;
const MOST_READ_BYTES = 16 * 1024;
/** Fractions of multiples of this are spread evenly, however many there are. */
const GOLDEN_RATIO = 0.618_033_988_749_895;

export interface SlowPeer {
  readonly socket: Socket;
  /** Resets the connection, as the plan says. */
  cut(): void;
}

export class SlowReader {
  readonly #behaviour: Behaviour;
  readonly #number: number;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  /** When the peer may read again: it has read that much ahead of its rate. */
  #owesUntilMs = 0;

  /** @param number the client's: peers of a group stall at times of their own */
  constructor(behaviour: Behaviour, number: number) {
    this.#behaviour = behaviour;
    this.#number = number;
  }

  /** At most so much is read at once; undefined: as any peer. */
  get readBytes(): number | undefined {
    if (this.#behaviour.kind === 'never-read') return FEWEST_READ_BYTES; // of what comes with the upgrade
    if (this.#behaviour.kind !== 'rate') return undefined;
    const bytes = Math.floor(this.#behaviour.bytesPerSecond / READS_PER_SECOND);
    return Math.min(Math.max(bytes, FEWEST_READ_BYTES), MOST_READ_BYTES);
  }

  /** Whether it answers neither pings nor a close. */
  get silent(): boolean {
    return this.#behaviour.kind === 'half-open';
  }

  /** The connection is open. */
  start(peer: SlowPeer): void {
    const { socket } = peer;
    const behaviour = this.#behaviour;
    if (behaviour.kind === 'never-read') socket.pause();
    else if (behaviour.kind === 'cut') this.#after(behaviour.afterMs, () => peer.cut());
    else if (behaviour.kind === 'stall') {
      const intoPeriodMs = ((this.#number * GOLDEN_RATIO) % 1) * behaviour.everyMs;
      if (intoPeriodMs < behaviour.stallMs) this.#stall(socket, behaviour.stallMs - intoPeriodMs);
      else this.#after(behaviour.everyMs - intoPeriodMs, () => this.#stall(socket));
    }
  }

  /** So much was read. */
  took(socket: Socket, bytes: number, nowMs: number): void {
    if (this.#behaviour.kind !== 'rate' || this.#stopped) return;
    this.#owesUntilMs = Math.max(this.#owesUntilMs, nowMs) + (bytes / this.#behaviour.bytesPerSecond) * 1000;
    socket.pause();
    this.#after(this.#owesUntilMs - nowMs, () => socket.resume());
  }

  /** It reads as any peer from now on: to learn how the connection ends. */
  stop(socket: Socket): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    if (!socket.destroyed && socket.isPaused()) socket.resume();
  }

  /** The connection is gone. */
  end(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #stall(socket: Socket, forMs?: number): void {
    if (this.#behaviour.kind !== 'stall') return;
    const { stallMs, everyMs } = this.#behaviour;
    socket.pause();
    this.#after(forMs ?? stallMs, () => {
      socket.resume();
      this.#after(everyMs - stallMs, () => this.#stall(socket));
    });
  }

  #after(delayMs: number, act: () => void): void {
    clearTimeout(this.#timer);
    if (!this.#stopped) this.#timer = setTimeout(act, delayMs);
  }
}
