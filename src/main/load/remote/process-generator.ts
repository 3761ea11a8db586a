/**
 * A generator in a process of its own: for more connections than one process has descriptors for. It speaks with it over a
 * pipe. The process ends when this one does, whatever ends it: then the pipe does.
 *
 * Thread: the coordinator's.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { LAUNCH_ARGUMENTS } from '../../launch-arguments';
import { Link } from './link';
import type { PlainError } from './protocol';
import { RemoteGenerator } from './remote-generator';

/** The descriptor of the pipe, in the child. */
export const PIPE_DESCRIPTOR = 3;
/** A process that was told that it is over has so long to end by itself. */
const EXIT_GRACE_MS = 2_000;
const LAST_WORDS_MS = 200;
/** How much is kept of what it says on standard error: it says why it died. */
const MAX_LAST_WORDS = 2_000;

export interface ProcessGeneratorOptions {
  name: string;
  /** Its main module: for tests. */
  entry?: string;
}

export class ProcessGenerator extends RemoteGenerator {
  readonly #child: ChildProcess;
  readonly #exited: Promise<string>;

  /** Starts the process. That it could not is told by `prepare` and `failed`. */
  static start({ name, entry = entryFile() }: ProcessGeneratorOptions): ProcessGenerator {
    const child = spawn(process.execPath, [...LAUNCH_ARGUMENTS, entry], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    return new ProcessGenerator(name, child);
  }

  private constructor(name: string, child: ChildProcess) {
    const exited = howItEnded(child);
    let tellFailed!: (error: PlainError) => void;
    const whenFailed = new Promise<PlainError>((resolve) => {
      tellFailed = resolve;
    });
    const link = new Link(child.stdio[PIPE_DESCRIPTOR] as Duplex, {
      peer: name,
      failed: tellFailed,
      whyEnded: () => Promise.race([exited, later(EXIT_GRACE_MS)]),
    });
    super(name, link, whenFailed);
    this.#child = child;
    this.#exited = exited;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  override async abort(): Promise<void> {
    this.#child.kill('SIGKILL'); // it has nothing that the kernel does not clean up
    await super.abort();
  }

  protected override async leave(): Promise<void> {
    await super.leave();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), EXIT_GRACE_MS);
    await this.#exited;
    clearTimeout(timer);
  }
}

/** Resolves when the process is gone, with how and with what it said last. */
function howItEnded(child: ChildProcess): Promise<string> {
  let words = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-MAX_LAST_WORDS);
  });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`its process could not be started: ${error.message}`));
    child.once('exit', (code, signal) => {
      // What it said last may come after its exit.
      void Promise.race([once(child.stderr!, 'close'), later(LAST_WORDS_MS)]).then(() => {
        const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
        resolve(`its process ended ${how}${words.trim() === '' ? '' : `: ${words.trim()}`}`);
      });
    });
  });
}

function later(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, ms, undefined).unref());
}

function entryFile(): string {
  return path.join(__dirname, `process-entry${path.extname(__filename)}`);
}
