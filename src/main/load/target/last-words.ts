/** What a child process printed last, for the error that tells of its end. Thread: the one that started it. */
import type { ChildProcess } from 'node:child_process';

/** Enough for a stack trace; the rest of a talkative server is not kept. */
export const KEPT_CHARACTERS = 4_096;

export class LastWords {
  readonly #child: ChildProcess;
  #text = '';

  /** Reads both its outputs from now on, so that a talkative child never waits for us. */
  constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#text = (this.#text + text).slice(-KEPT_CHARACTERS);
      });
    }
  }

  get text(): string {
    return this.#text.trim();
  }

  /** Of an ended child: how it ended, and what it said. @param who begins the sentence, such as `the server` */
  death(who: string): Error {
    const { exitCode, signalCode } = this.#child;
    const how = signalCode === null ? `ended with code ${exitCode}` : `was killed by ${signalCode}`;
    return new Error(
      `${who} ${how}${this.text === '' ? ', and printed nothing' : `. It printed:\n${this.text}`}`,
    );
  }
}
