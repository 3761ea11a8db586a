/**
 * Writes lines to a file descriptor, standard error above all. What fails here fails alone: it never throws, and where the
 * descriptor has no room (EAGAIN: a pipe whose reader is slow) the lines wait here, up to a limit, and are counted past it.
 *
 * Written by `writeSync` and not by a stream: so a line that was logged just before `process.exit`, or before a crash, is out.
 *
 * Thread: any, with one writer a thread and descriptor.
 */
import { fstatSync, writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

/** Bytes that wait for a descriptor that takes none. */
export const MAX_WAITING_BYTES = 1024 * 1024;
/** How soon it is tried again. */
const RETRY_MS = 20;
/** At the end of the process so long is waited for a reader, at the most. */
const LAST_FLUSH_MS = 500;

export type WriteSync = (fd: number, bytes: Uint8Array) => number;

export class DescriptorWriter {
  readonly #fd: number;
  readonly #writeSync: WriteSync;
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #prepared = false;
  /** Lines that were not written: no room, or an error. */
  lost = 0;
  #told = 0;

  constructor(fd: number, write: WriteSync = writeSync) {
    this.#fd = fd;
    this.#writeSync = write;
  }

  /** Writes a line now, or as soon as those before it are written. */
  write(line: string): void {
    if (!this.#prepared) this.#prepare();
    if (this.#waiting.length > 0) this.#try();
    this.#put(Buffer.from(`${line}\n`));
  }

  /** Waits for the descriptor, a little: the process ends. */
  flush(limitMs: number = LAST_FLUSH_MS): void {
    const deadline = performance.now() + limitMs;
    while (!this.#try() && performance.now() < deadline) Atomics.wait(PAUSE, 0, 0, RETRY_MS);
  }

  /**
   * A pipe or socket must not block: whoever reads it may have stopped. Node makes it so when it opens its own stream on it;
   * doing nothing but that keeps to what every program with a `console.error` has.
   */
  #prepare(): void {
    this.#prepared = true;
    if (this.#fd !== 2 || !isMainThread) return;
    try {
      const stat = fstatSync(this.#fd);
      if (stat.isFIFO() || stat.isSocket()) void process.stderr;
    } catch {} // then the write fails too, and is counted
  }

  #put(bytes: Buffer): void {
    const left = this.#waiting.length > 0 ? bytes : this.#write(bytes);
    if (left === undefined) return;
    if (this.#waitingBytes + left.length > MAX_WAITING_BYTES) {
      this.lost++;
      return;
    }
    this.#waiting.push(left);
    this.#waitingBytes += left.length;
    this.#retryLater();
  }

  /** @returns what is left because the descriptor has no room now; nothing, if the line is written or lost */
  #write(bytes: Buffer): Buffer | undefined {
    let written = 0;
    try {
      while (written < bytes.length) written += this.#writeSync(this.#fd, bytes.subarray(written));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return bytes.subarray(written);
      this.lost++; // EPIPE, ENOSPC, EIO, EBADF: nothing that waiting would mend, but the next line is tried again
      return undefined;
    }
    const lost = this.lost - this.#told;
    if (lost === 0) return undefined;
    this.#told = this.lost;
    return this.#write(Buffer.from(`… ${lost.toLocaleString('en-US')} lines were lost here\n`));
  }

  /** @returns whether nothing waits any more */
  #try(): boolean {
    for (;;) {
      const [first] = this.#waiting;
      if (first === undefined) return true;
      const left = this.#write(first);
      this.#waitingBytes += (left?.length ?? 0) - first.length;
      if (left !== undefined) {
        this.#waiting[0] = left;
        return false;
      }
      this.#waiting.shift();
    }
  }

  #retryLater(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (!this.#try()) this.#retryLater();
    }, RETRY_MS).unref();
  }
}

/** Never changed: to wait on it is to sleep. */
const PAUSE = new Int32Array(new SharedArrayBuffer(4));
