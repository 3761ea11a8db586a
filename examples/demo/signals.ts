/** What the demo and its producer threads tell each other while producers block: two words of shared memory. */

const STOP = 0;
const READY = 1;

export class Signals {
  readonly #words: Int32Array;

  /** @param memory of another thread's signals; new without it */
  constructor(memory = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT)) {
    this.#words = new Int32Array(memory);
  }

  /** For other threads. */
  get memory(): SharedArrayBuffer {
    return this.#words.buffer as SharedArrayBuffer;
  }

  get stopped(): boolean {
    return Atomics.load(this.#words, STOP) !== 0;
  }

  /** Ends the demo early. */
  stop(): void {
    Atomics.store(this.#words, STOP, 1);
    Atomics.notify(this.#words, STOP);
  }

  /** Blocks for so long, or until `stop`. */
  sleep(ms: number): void {
    Atomics.wait(this.#words, STOP, 0, ms);
  }

  /** Blocks until so many threads have called it, or `stop`: a thread that starts up slows those that work. */
  waitForAll(threads: number): void {
    Atomics.add(this.#words, READY, 1);
    while (Atomics.load(this.#words, READY) < threads && !this.stopped) this.sleep(10);
  }
}
