/**
 * The live view: a block of lines at the bottom of a terminal, drawn over itself a few times a second. Load threads know nothing
 * of it: it shows what the coordinator tells once a second, and only the clock moves in between.
 *
 * Thread: the main thread.
 */
import type { LoadObserver, RunNotice } from '../../load/observe/observer';
import { RunProgress } from '../../load/observe/progress';
import type { LoadEvent } from '../../load/options';
import { oneLine } from '../../load/report/plain-text';
import { liveLines, NO_PAINT, type Paint } from './live-lines';

/** What of a terminal is needed: standard error, or a fake. */
export interface Screen {
  write(text: string): unknown;
  readonly columns?: number;
  readonly rows?: number;
}

export const FRAMES_PER_SECOND = 4;
const NARROWEST = 20;
const DEFAULT_COLUMNS = 80;
const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
const CLEAR_BELOW = '\x1b[J';
const CLEAR_RIGHT = '\x1b[K';
/** Terminals that know them show a frame at once (synchronized output); others pass them by. */
const BEGIN_FRAME = '\x1b[?2026h';
const END_FRAME = '\x1b[?2026l';

export interface Ticker {
  now(): number;
  /** @returns a way to end it */
  every(ms: number, tick: () => void): () => void;
}

const REAL_TICKER: Ticker = {
  now: () => performance.now(),
  every(ms, tick) {
    const timer = setInterval(tick, ms).unref();
    return () => clearInterval(timer);
  },
};

export class LiveView implements LoadObserver {
  readonly #screen: Screen;
  readonly #paint: Paint;
  readonly #ticker: Ticker;
  readonly #progress: RunProgress;
  #stopTicking: (() => void) | undefined;
  /** Lines that the last frame has. */
  #height = 0;
  readonly #restore = () => this.clear();

  constructor(screen: Screen, paint: Paint = NO_PAINT, ticker: Ticker = REAL_TICKER) {
    this.#screen = screen;
    this.#paint = paint;
    this.#ticker = ticker;
    this.#progress = new RunProgress(() => ticker.now());
  }

  run(notice: RunNotice): void {
    this.#progress.begin(notice);
    this.#stopTicking ??= this.#start();
    this.#draw();
  }

  event(event: LoadEvent): void {
    this.#progress.take(event);
    if (event.type === 'warning') this.say(`warning: ${event.message}`);
    // Others wait for the next frame: a storm of events draws no more often.
    if (event.type === 'phase') this.#draw();
    if (event.type === 'result') this.clear();
  }

  /** A line that stays, above the block. */
  say(line: string): void {
    this.#erase();
    this.#screen.write(`${oneLine(line)}\n`);
    this.#draw();
  }

  /** Takes the block away and gives the cursor back. Drawing begins again with the next run. */
  clear(): void {
    if (this.#stopTicking === undefined) return;
    this.#stopTicking();
    this.#stopTicking = undefined;
    process.removeListener('exit', this.#restore);
    this.#erase();
    this.#screen.write(SHOW_CURSOR);
  }

  async close(): Promise<void> {
    this.clear();
  }

  #start(): () => void {
    // However the process ends, but for SIGKILL: the cursor is somebody else's.
    process.once('exit', this.#restore);
    this.#screen.write(HIDE_CURSOR);
    return this.#ticker.every(1000 / FRAMES_PER_SECOND, () => this.#draw());
  }

  #draw(): void {
    if (this.#stopTicking === undefined) return;
    // The last column stays free: a line that fills it would wrap in some terminals.
    const width = Math.max(NARROWEST, (this.#screen.columns ?? DEFAULT_COLUMNS) - 1);
    // A block higher than the terminal could not be drawn over.
    const highest = Math.max(1, (this.#screen.rows ?? 24) - 1);
    const lines = liveLines(this.#progress, width, this.#paint).slice(0, highest);
    const body = lines.map((line) => `${line}${CLEAR_RIGHT}\n`).join('');
    this.#screen.write(`${BEGIN_FRAME}${this.#up()}${body}${CLEAR_BELOW}${END_FRAME}`);
    this.#height = lines.length;
  }

  #erase(): void {
    if (this.#height > 0) this.#screen.write(`${this.#up()}${CLEAR_BELOW}`);
    this.#height = 0;
  }

  #up(): string {
    return this.#height > 0 ? `\x1b[${this.#height}A\r` : '\r';
  }
}
