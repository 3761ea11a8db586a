/**
 * Lines on their way to a syslog daemon. Nobody waits here: while the daemon is away lines are kept, up to a limit, and
 * counted past it; it is tried again and again, ever more rarely, and told what is missing when it is back.
 *
 * Thread: the main thread.
 */
import type { Link, OpenLink } from './syslog-link';

/** Lines that wait, in bytes. Past it the newest are dropped: how a trouble began tells most. */
export const MAX_QUEUED_BYTES = 1024 * 1024;
/** How long to wait before a lost link is opened again: doubled each time, from the first to the longest. */
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 10_000;
/** Lines that are offered to a link at once. */
const BATCH_LINES = 256;

export interface QueueEvents {
  /** The daemon cannot be reached. Told once, until it has been reached again. */
  away(reason: Error): void;
  /** It is back, and `dropped` lines are missing: the line that says so. */
  missing(dropped: number): Buffer;
}

export class SyslogQueue {
  readonly #open: OpenLink;
  readonly #events: QueueEvents;
  #lines: Buffer[] = [];
  #bytes = 0;
  #link: Link | undefined;
  #retryMs = FIRST_RETRY_MS;
  #timer: NodeJS.Timeout | undefined;
  #away = false;
  /** Whether the link has taken lines since it was last known that the daemon is there. */
  #unproven = false;
  #pumping = false;
  #closed = false;
  #droppedTold = 0;
  #idle: () => void = () => {};
  sent = 0;
  dropped = 0;

  constructor(open: OpenLink, events: QueueEvents) {
    this.#open = open;
    this.#events = events;
  }

  /** Lines that wait, or may come back. */
  get waiting(): number {
    return this.#lines.length + (this.#link?.unsent ?? 0);
  }

  push(line: Buffer): void {
    if (this.#closed || this.#bytes + line.length > MAX_QUEUED_BYTES) {
      this.dropped++;
      return;
    }
    this.#lines.push(line);
    this.#bytes += line.length;
    this.#pump();
  }

  /** The process ends: what can be handed over at once is. */
  flushNow(): void {
    this.#pump();
    if (this.#lines.length > 0) this.#link?.sendLast?.(this.#lines);
  }

  /** Waits until everything is handed over, or the deadline; what is left then is dropped. */
  async close(deadlineMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    if (this.waiting > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
        timer = setTimeout(resolve, deadlineMs);
        this.#pump();
      });
    }
    clearTimeout(timer);
    clearTimeout(this.#timer);
    this.dropped += this.waiting;
    this.#closed = true;
    this.#lines = [];
    this.#link?.destroy();
    this.#link = undefined;
  }

  #pump(): void {
    if (this.#pumping || this.#closed) return; // a link may call from within
    this.#pumping = true;
    if (this.#link === undefined && this.#timer === undefined) this.#openLink();
    while (this.#link !== undefined && this.#lines.length > 0) {
      const offered = this.#lines.slice(0, BATCH_LINES);
      const taken = this.#link.send(offered);
      for (const line of this.#lines.splice(0, taken)) this.#bytes -= line.length;
      this.sent += taken;
      if (taken > 0) this.#unproven = true;
      this.#prove();
      if (taken < offered.length) break;
    }
    this.#prove();
    this.#pumping = false;
    if (this.waiting === 0) this.#idle();
  }

  #openLink(): void {
    const link: Link = this.#open({
      ready: () => this.#pump(),
      lost: (reason, unsent) => this.#lost(link, reason, unsent),
    });
    this.#link = link;
  }

  /** What a link took shows that the daemon is there, once none of it can come back. */
  #prove(): void {
    if (!this.#unproven || this.#link?.unsent !== 0) return;
    this.#unproven = false;
    this.#away = false;
    this.#retryMs = FIRST_RETRY_MS;
    const missing = this.dropped - this.#droppedTold;
    if (missing === 0) return;
    this.#droppedTold = this.dropped;
    const line = this.#events.missing(missing);
    this.#lines.push(line);
    this.#bytes += line.length;
  }

  #lost(link: Link, reason: Error, unsent: readonly Buffer[]): void {
    if (this.#link !== link) return;
    this.#link = undefined;
    this.#unproven = false;
    this.#lines.unshift(...unsent);
    for (const line of unsent) this.#bytes += line.length;
    this.sent -= unsent.length;
    if (!this.#away) this.#events.away(reason);
    this.#away = true;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#pump();
    }, this.#retryMs).unref();
    this.#retryMs = Math.min(2 * this.#retryMs, LONGEST_RETRY_MS);
  }
}
