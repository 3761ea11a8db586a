/**
 * The log of this thread: which levels are on, what is held back, and where the lines go.
 *
 *     alone      nobody has said otherwise: lines go to this thread's own emitter
 *     home       it has given out a handle: lines of other threads come here too, in order with its own
 *     joined     it has a handle: its lines travel to the home thread, which alone has an emitter
 *
 * The home is the main thread, as soon as it has a hub or has called `setLogLevel`; threads started after that know of it
 * by themselves, others by the handle of a hub.
 *
 * Thread: any; each has one of its own.
 */
import {
  getEnvironmentData,
  isMainThread,
  type Serializable,
  setEnvironmentData,
  threadId,
} from 'node:worker_threads';
import { Emission, flushStderr, type LogEmitter } from './emission';
import { DEFAULT_LEVELS, LogLevel, type LogLevels, levelMask } from './levels';
import { defaultThreadName, type LogRecord, type LogTags, makeRecord } from './record';
import { SimilarLines } from './similar-lines';
import { type LogHandle, LogReader, LogWriter } from './transport';

/** What became of lines so far, as the home thread knows it. */
export interface LogStats {
  /** Given to the emitter, of every thread. */
  emitted: number;
  /** Repeated lines that were held back and told of by their number. */
  similar: number;
  /** Other threads' lines that found no room on their way, because the home thread was busy. */
  lost: number;
  /** Lines for which the emitter threw, or that standard error did not take. */
  failed: number;
}

/** New workers find the home thread's handle by this name. */
const ENVIRONMENT_KEY = 'ringcast.log';
/** Lost lines are told of so often at the most. */
const TELL_LOST_MS = 1_000;

class ThreadLog {
  #name = defaultThreadName(threadId);
  #levels = new Int32Array(new SharedArrayBuffer(4)).fill(DEFAULT_LEVELS);
  readonly #similar = new SimilarLines(
    () => performance.now(),
    (summary) => this.#pass(summary),
  );
  #timer: NodeJS.Timeout | undefined;
  /** Whether this thread knows where its lines go. */
  #looked = false;
  #hooked = false;
  #ending = false;
  #joined: LogHandle | undefined;
  #writer: LogWriter | undefined;
  #reader: LogReader | undefined;
  readonly #emission = new Emission();
  #lostTold = 0;
  #toldLostMs = Number.NEGATIVE_INFINITY;
  #lostTimer: NodeJS.Timeout | undefined;

  write(level: LogLevel, message: string, tags: LogTags | undefined): void {
    if (!this.#looked) this.#look();
    if ((Atomics.load(this.#levels, 0) & level) === 0) return;
    const record = makeRecord(level, this.#name, message, tags?.connection);
    const kind = typeof tags?.kind === 'string' ? `kind ${tags.kind}` : `text ${record.message}`;
    if (this.#similar.admit(`${level} ${kind}`, record)) this.#pass(record);
    else this.#sweepLater();
    this.#tellAtTheEnd();
  }

  /** What another thread needs to send its lines to where this one's go. Makes this thread a home, if it is alone. */
  handle(): LogHandle {
    if (!this.#looked) this.#look();
    return this.#joined ?? this.#atHome().handle;
  }

  /**
   * From now on this thread's lines go home. A thread that is a home itself stays one.
   *
   * @param role names the thread in its lines, if it has no name yet; the main thread stays what it is
   */
  join(handle: LogHandle | undefined, role?: string): void {
    if (isMainThread) return;
    this.#looked = true;
    if (role !== undefined && this.#name === defaultThreadName(threadId)) this.#name = role;
    if (handle?.ringcastLog !== 1 || handle.ringId === this.#joined?.ringId || this.#reader !== undefined)
      return;
    try {
      const writer = new LogWriter(handle);
      this.#writer?.close();
      this.#writer = writer;
    } catch {
      return; // another version of the library: this thread goes on as it is
    }
    this.#levels = new Int32Array(handle.levels);
    this.#joined = handle;
  }

  setLevels(levels: LogLevels, emit: LogEmitter | null | undefined): void {
    const mask = levelMask(levels);
    if (emit !== undefined && emit !== null && typeof emit !== 'function') {
      throw new TypeError(
        `emit is ${typeof emit}: it must be a function, or null to leave the emitter as it is`,
      );
    }
    if (!this.#looked) this.#look();
    if (typeof emit === 'function') {
      if (this.#writer !== undefined) {
        throw new Error(
          `emit was given in thread ${threadId}, but lines are emitted in the thread that has the hub: call setLogLevel with an emitter there`,
        );
      }
      this.#emission.replace(emit);
    }
    Atomics.store(this.#levels, 0, mask);
    if (this.#writer === undefined) this.#atHome();
  }

  stats(): LogStats {
    return {
      emitted: this.#emission.emitted,
      similar: this.#emission.similar,
      lost: this.#reader?.lost ?? 0,
      failed: this.#emission.failed,
    };
  }

  /** Is there a home already? A worker learns of it from the thread that started it. */
  #look(): void {
    this.#looked = true;
    if (!isMainThread) this.join(getEnvironmentData(ENVIRONMENT_KEY) as unknown as LogHandle | undefined);
  }

  #atHome(): LogReader {
    if (this.#reader !== undefined) return this.#reader;
    this.#reader = new LogReader(
      this.#levels.buffer as SharedArrayBuffer,
      (record) => this.#emission.emit(record),
      () => this.#tellLost(),
    );
    setEnvironmentData(ENVIRONMENT_KEY, this.#reader.handle as unknown as Serializable);
    this.#tellAtTheEnd();
    return this.#reader;
  }

  #pass(record: LogRecord): void {
    if (this.#writer?.send(record)) return;
    this.#reader?.drain(); // what other threads logged before comes before
    this.#emission.emit(record);
  }

  #sweepLater(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#similar.sweep();
      if (this.#similar.dueInMs < Number.POSITIVE_INFINITY) this.#sweepLater();
    }, Math.ceil(this.#similar.dueInMs)).unref();
  }

  #tellLost(): void {
    const lost = this.#reader?.lost ?? 0;
    if (lost === this.#lostTold) return;
    const nowMs = performance.now();
    const waitMs = this.#toldLostMs + TELL_LOST_MS - nowMs;
    if (waitMs > 0 && !this.#ending) {
      this.#lostTimer ??= setTimeout(() => {
        this.#lostTimer = undefined;
        this.#tellLost();
      }, Math.ceil(waitMs)).unref();
      return;
    }
    this.#toldLostMs = nowMs;
    const count = (lost - this.#lostTold).toLocaleString('en-US');
    this.#lostTold = lost;
    if ((Atomics.load(this.#levels, 0) & LogLevel.WARN) === 0) return;
    const message = `${count} lines of other threads were lost: they came faster than this thread took them`;
    this.#emission.emit(makeRecord(LogLevel.WARN, this.#name, message));
  }

  /** Whatever waits when this thread ends by itself is told then. */
  #tellAtTheEnd(): void {
    if (this.#hooked) return;
    this.#hooked = true;
    // Before other listeners: an emitter may have one that hands over what it was given.
    process.prependOnceListener('exit', () => {
      this.#ending = true;
      this.#reader?.drain();
      this.#similar.end();
      this.#tellLost();
      flushStderr();
    });
  }
}

export const threadLog = new ThreadLog();
