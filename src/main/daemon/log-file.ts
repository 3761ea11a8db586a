/**
 * A file that lines are appended to. Each is written before `write` returns: so the last words of a process that dies are in it.
 *
 * Thread: the main one.
 */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { ExitCode } from '../cli/exit-codes';
import { Failure } from '../cli/failure';

const FILE_MODE = 0o640;
const FOLDER_MODE = 0o750;

export class LogFile {
  readonly path: string;
  #descriptor: number;
  /** Pieces that could not be written since the last that could, and why. */
  #lost = { count: 0, why: '' };

  /** @throws the system's error if the file cannot be opened. Its folder is made if need be. */
  constructor(file: string) {
    this.path = file;
    mkdirSync(path.dirname(file), { recursive: true, mode: FOLDER_MODE });
    this.#descriptor = openSync(file, 'a', FILE_MODE);
  }

  /** Never throws: a full disk stops no hub. What is lost is counted, and told as soon as there is room again. */
  write(text: string): void {
    try {
      if (this.#lost.count > 0) this.#append(lossNote(this.#lost));
      this.#lost.count = 0;
      this.#append(text);
    } catch (error) {
      this.#lost = { count: this.#lost.count + 1, why: (error as Error).message };
    }
  }

  /** How many pieces are lost, and not told yet. */
  get lost(): number {
    return this.#lost.count;
  }

  /**
   * Opens the file of this name anew: whoever rotates logs has moved the old one away.
   *
   * @throws the system's error; then it goes on with the old file
   */
  reopen(): void {
    const fresh = openSync(this.path, 'a', FILE_MODE);
    closeSync(this.#descriptor);
    this.#descriptor = fresh;
  }

  #append(text: string): void {
    let bytes = Buffer.from(text);
    while (bytes.length > 0) bytes = bytes.subarray(writeSync(this.#descriptor, bytes));
  }
}

/** @throws {Failure} if it cannot be opened */
export function openLogFile(file: string): LogFile {
  try {
    return new LogFile(file);
  } catch (cause) {
    throw new Failure(ExitCode.FAILURE, `Cannot open the log file ${file}: ${(cause as Error).message}.`, {
      remedy: 'Choose another one with --log-file.',
      cause,
    });
  }
}

function lossNote({ count, why }: { count: number; why: string }): string {
  return `${new Date().toISOString()} err ${count} ${count === 1 ? 'piece' : 'pieces'} of the log could not be written: ${why}\n`;
}
