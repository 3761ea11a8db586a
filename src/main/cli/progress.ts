/** A line at the bottom of a terminal that says how far it is. Nothing, where there is no terminal. */

/** What is done sooner needs none. */
const FIRST_MS = 2_000;
const EVERY_MS = 1_000;
const CLEAR_LINE = '\r\x1b[K';

export class Progress {
  readonly #timer: NodeJS.Timeout | undefined;
  #shown = false;

  /** @param tell what there is to say now */
  constructor(wanted: boolean, tell: () => string) {
    if (!wanted || process.stderr.isTTY !== true) return;
    const started = performance.now();
    this.#timer = setInterval(() => {
      if (performance.now() - started < FIRST_MS) return;
      this.#shown = true;
      process.stderr.write(`${CLEAR_LINE}${tell()}`);
    }, EVERY_MS);
    this.#timer.unref();
  }

  end(): void {
    clearInterval(this.#timer);
    if (this.#shown) process.stderr.write(CLEAR_LINE);
  }
}
