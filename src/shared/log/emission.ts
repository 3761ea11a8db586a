/**
 * The emitter and what may go wrong with it: it may throw, reject, or log itself. None of that reaches whoever logs.
 *
 * Thread: the one whose lines it emits, and the home thread for those of all others.
 */
import { DescriptorWriter } from './descriptor-writer';
import { LogLevel } from './levels';
import { formatLogRecord, type LogRecord, makeRecord, textOf } from './record';

/**
 * Puts a line where people will see it. It runs in the thread that has the hub, and should not block for long. If it throws, or
 * rejects, the line goes to standard error.
 */
export type LogEmitter = (record: LogRecord) => unknown;

const standardError = new DescriptorWriter(2);

/** The default emitter: a line on standard error with time and level. */
export function emitStderr(record: LogRecord): void {
  writeStderr(formatLogRecord(record));
}

/** Writes a line as it is; in order with those of `emitStderr`, and failing as harmlessly. */
export function writeStderr(line: string): void {
  standardError.write(line);
}

/** Gives standard error a last chance. Thread: one that ends. */
export function flushStderr(): void {
  standardError.flush();
}

export class Emission {
  #emit: LogEmitter = emitStderr;
  #emitting = false;
  #failing = false;
  #failed = 0;
  emitted = 0;
  /** Lines that were held back, by those that stand for them. */
  similar = 0;

  /** Lines that the emitter or standard error did not take. */
  get failed(): number {
    return this.#failed + standardError.lost;
  }

  replace(emit: LogEmitter): void {
    this.#emit = emit;
    this.#failing = false;
  }

  /** Never throws. */
  emit(record: LogRecord): void {
    this.emitted++;
    this.similar += record.similar ?? 0;
    // An emitter that logs would call itself, and so on: what it says goes to standard error.
    if (this.#emitting) {
      emitStderr(record);
      return;
    }
    this.#emitting = true;
    try {
      const result = this.#emit(record);
      if (isThenable(result)) result.then(undefined, (reason: unknown) => this.#hasFailed(record, reason));
      else this.#failing = false;
    } catch (error) {
      this.#hasFailed(record, error);
    } finally {
      this.#emitting = false;
    }
  }

  #hasFailed(record: LogRecord, error: unknown): void {
    this.#failed++;
    if (!this.#failing) {
      const message = `the log's emitter failed, lines go to standard error meanwhile: ${textOf(error)}`;
      emitStderr(makeRecord(LogLevel.ERR, record.thread, message));
    }
    this.#failing = true;
    emitStderr(record);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
}
