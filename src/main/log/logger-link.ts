/**
 * Lines by the program `logger` (util-linux), where the package unix-dgram is not built: Node has no datagrams over unix sockets.
 *
 * A run for each batch: its exit code says whether the batch is out. One run that reads for ever would end at the first
 * failure and take with it whatever stands in its pipe. A batch that failed half way comes again as a whole.
 *
 * Thread: the main thread.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import type { Link, LinkEvents } from './syslog-link';

/** Lines of so long a time go together: each run is a process. */
const GATHER_MS = 100;
/** At the end of the process `logger` has this long. */
const LAST_RUN_MS = 1_000;

export class LoggerLink implements Link {
  readonly #arguments: string[];
  readonly #events: LinkEvents;
  #batch: readonly Buffer[] = [];
  #child: ChildProcess | undefined;
  #gathering: NodeJS.Timeout | undefined;
  #due = false;
  #over = false;

  constructor(path: string, ident: string, maxBytes: number, events: LinkEvents) {
    this.#arguments = [
      '--prio-prefix',
      `--tag=${ident}`,
      `--id=${process.pid}`,
      `--size=${maxBytes}`,
      '--socket-errors=on',
      `--socket=${path}`,
    ];
    this.#events = events;
  }

  get unsent(): number {
    return this.#batch.length;
  }

  send(lines: readonly Buffer[]): number {
    if (this.#over || this.#child !== undefined) return 0;
    if (!this.#due) {
      this.#gather();
      return 0;
    }
    this.#due = false;
    this.#batch = lines;
    this.#run();
    return lines.length;
  }

  /** Waits for `logger`, since nobody could afterwards. */
  sendLast(lines: readonly Buffer[]): void {
    spawnSync('logger', this.#arguments, {
      input: joined(lines),
      stdio: ['pipe', 'ignore', 'ignore'],
      timeout: LAST_RUN_MS,
    });
  }

  destroy(): void {
    this.#over = true;
    clearTimeout(this.#gathering);
    this.#child?.kill();
  }

  #gather(): void {
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      this.#due = true;
      this.#events.ready();
    }, GATHER_MS).unref();
  }

  #run(): void {
    let said = '';
    const child = spawn('logger', this.#arguments, { stdio: ['pipe', 'ignore', 'pipe'] });
    this.#child = child;
    for (const handle of [child, child.stdin, child.stderr]) (handle as unknown as { unref(): void }).unref();
    child.stderr.on('data', (text) => {
      said += text;
    });
    child.stdin.on('error', () => {}); // it ended early: its exit code says so
    child.on('error', (error) => this.#ended(error));
    child.on('close', (code) => this.#ended(code === 0 ? undefined : new Error(said.trim())));
    child.stdin.end(joined(this.#batch));
  }

  #ended(failure: Error | undefined): void {
    if (this.#over) return;
    const batch = this.#batch;
    this.#batch = [];
    this.#child = undefined;
    if (failure === undefined) {
      this.#events.ready();
      return;
    }
    this.destroy();
    this.#events.lost(failure, batch);
  }
}

function joined(lines: readonly Buffer[]): Buffer {
  return Buffer.concat(lines.flatMap((line) => [line, LINE_FEED]));
}

const LINE_FEED = Buffer.from('\n');
