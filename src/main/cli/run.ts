/** `ringcast run`: a hub in the foreground, and the lines of standard input into one of its channels. */
import { type Given, readSettings } from '../config/settings';
import { ServedHub } from '../daemon/served-hub';
import type { Hub } from '../hub';
import { ExitCode } from './exit-codes';
import { usageError } from './failure';
import { RunSupervision } from './run-supervision';
import { startHub } from './start-hub';
import { type LineCounts, StdinProducer } from './stdin-producer';
import { onReaderGone, Terminal } from './terminal';

export interface RunOptions {
  stdin?: string;
  waitPeers?: number;
  keepOpen?: boolean;
  lock?: string;
  /** Path of the socket for other processes; false: none; without it, the default one if it can be had. */
  socket?: string | false;
  json?: boolean;
  quiet?: boolean;
}

/** How often it is looked whether everything is flushed. */
const FLUSH_LOOK_MS = 20;

const SIGNALS = { SIGINT: ExitCode.SIGINT, SIGTERM: ExitCode.SIGTERM } as const;
type Signal = keyof typeof SIGNALS;

/** Runs until a signal, or the end of standard input. @returns the exit code */
export async function run(options: RunOptions, given: Given): Promise<ExitCode> {
  checkTogether(options, given);
  const readAgain = () => readSettings(given, { stdinChannel: options.stdin, quiet: options.quiet });
  const settings = readAgain();
  const terminal = new Terminal(options);
  for (const stream of [process.stdout, process.stderr]) onReaderGone(stream, () => {}); // it serves on
  const supervision = await RunSupervision.begin(options.lock, settings);
  try {
    const served = new ServedHub(
      await startHub(settings, (text) => terminal.note(text)),
      settings,
      readAgain,
    );
    const session = new Session(served, options, terminal);
    supervision.serve(served);
    session.announce();
    return await session.serve();
  } finally {
    await supervision.end();
  }
}

function checkTogether({ stdin, waitPeers, keepOpen }: RunOptions, { values: { path } }: Given): void {
  if (path !== undefined && !path.startsWith('/'))
    throw usageError(`--path is ${JSON.stringify(path)}: it must begin with '/'.`);
  if (stdin !== undefined) return;
  if (waitPeers !== undefined) throw usageError('--wait-peers needs --stdin: it waits before it reads.');
  if (keepOpen) throw usageError('--keep-open needs --stdin: without it the hub stays open anyway.');
}

/** A hub that runs, until it is closed. */
class Session {
  readonly #served: ServedHub;
  readonly #hub: Hub;
  readonly #options: RunOptions;
  readonly #terminal: Terminal;
  readonly #stdin: StdinProducer | undefined;
  /** Peers whose handshake named the channel of `--stdin`. */
  #peers = 0;
  #signal: Signal | undefined;
  #stop: () => void = () => {};
  readonly #stopped = new Promise<void>((resolve) => {
    this.#stop = resolve;
  });
  #peersChanged: () => void = () => {};

  constructor(served: ServedHub, options: RunOptions, terminal: Terminal) {
    const { hub } = served;
    this.#served = served;
    this.#hub = hub;
    this.#options = options;
    this.#terminal = terminal;
    const { stdin } = options;
    if (stdin !== undefined) this.#stdin = new StdinProducer(stdin, hub.producer, terminal);
    hub.on('connection', ({ channel }) => this.#countPeer(channel, 1));
    hub.on('disconnect', ({ channel }) => this.#countPeer(channel, -1));
    for (const signal of Object.keys(SIGNALS) as Signal[]) process.on(signal, () => this.#onSignal(signal));
  }

  announce(): void {
    const { url, port } = this.#hub;
    this.#report('listening', { url, port, pid: process.pid, socket: this.#hub.producerSocket });
    const { stdin, socket } = this.#options;
    const { host } = this.#served.settings.hub;
    const channel = stdin === undefined ? 'CHANNEL' : stdin.split('/').map(encodeURIComponent).join('/');
    this.#terminal.note(`Listening on ${this.#terminal.strong(`${url}/${channel}`)}. Ctrl-C ends it.`);
    if (typeof socket === 'string')
      this.#terminal.note(`Other processes post by ringcast publish --socket ${this.#hub.producerSocket}`);
    if (host === '0.0.0.0' || host === '::')
      this.#terminal.note('Every machine that can reach this one can connect.');
  }

  async serve(): Promise<ExitCode> {
    try {
      const stopped = this.#stopped.then(() => false);
      const inputEnded = await Promise.race([this.#readInput(), stopped, this.#served.failed]);
      if (inputEnded && this.#options.keepOpen)
        this.#terminal.note('Standard input ended; the hub stays open.');
      if (!inputEnded || this.#options.keepOpen) await Promise.race([this.#stopped, this.#served.failed]);
      else await Promise.race([this.#flush(), this.#stopped, this.#served.failed]);
    } catch (error) {
      await this.#hub.close({ deadlineMs: 0 });
      throw error;
    }
    await this.#served.close();
    this.#tellEnd();
    return ExitCode.OK;
  }

  /** @returns true at the end of standard input; false, if it is not read to its end */
  async #readInput(): Promise<boolean> {
    if (this.#stdin === undefined) return false;
    await this.#waitForPeers();
    if (this.#signal !== undefined) return false;
    return this.#stdin.postAll(process.stdin);
  }

  async #waitForPeers(): Promise<void> {
    const { waitPeers = 0 } = this.#options;
    if (this.#peers >= waitPeers) return;
    this.#terminal.note(`Waiting for ${waitPeers === 1 ? 'a peer' : `${waitPeers} peers`} before reading.`);
    const enough = new Promise<void>((resolve) => {
      this.#peersChanged = () => {
        if (this.#peers >= waitPeers) resolve();
      };
    });
    await Promise.race([enough, this.#stopped]);
  }

  /** However long peers take to read: those that do not read at all are cut by the channel's limits. */
  async #flush(): Promise<void> {
    for (;;) {
      const { pending, drained, posted } = await this.#hub.stats();
      if (this.#signal !== undefined || (pending === 0 && drained === posted)) return;
      await new Promise((resolve) => setTimeout(resolve, FLUSH_LOOK_MS));
    }
  }

  #countPeer(channel: string, change: number): void {
    if (channel !== this.#options.stdin) return;
    this.#peers += change;
    this.#peersChanged();
  }

  #onSignal(signal: Signal): void {
    if (this.#signal !== undefined) process.exit(SIGNALS[signal]);
    this.#signal = signal;
    this.#terminal.note(
      `${signal}: closing. What was posted is sent first, for at most ${this.#served.closeDeadlineMs / 1000} s (again: end at once).`,
    );
    if (this.#stdin !== undefined) process.stdin.destroy();
    this.#stop();
  }

  #tellEnd(): void {
    const counts: Partial<LineCounts> = this.#stdin?.counts ?? {};
    this.#report('closed', { ...counts });
    if (this.#stdin === undefined) return;
    const { posted, skipped, repaired } = this.#stdin.counts;
    this.#terminal.note(`${posted} ${posted === 1 ? 'line' : 'lines'} posted.`);
    if (skipped > 0) this.#terminal.warn(`${skipped} skipped: too long.`);
    if (repaired > 0)
      this.#terminal.warn(`${repaired} were not UTF-8: the bytes that were wrong were replaced by U+FFFD.`);
  }

  #report(event: string, details: object): void {
    if (this.#options.json) process.stdout.write(`${JSON.stringify({ event, ...details })}\n`);
  }
}
