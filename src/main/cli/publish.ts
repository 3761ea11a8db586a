/** `ringcast publish`: standard input into a channel of a hub in another process. */
import { resolve } from 'node:path';
import { HubError } from '../../shared/errors';
import {
  type ConnectedProducer,
  type ConnectedProducerStats,
  type ConnectionState,
  connectProducer,
} from '../producer';
import { defaultProducerSocket } from '../producer-socket';
import { ExitCode } from './exit-codes';
import { Failure, usageError } from './failure';
import { FrameSplitter } from './frame-splitter';
import { Progress } from './progress';
import { type InputFormat, LINES, StdinProducer } from './stdin-producer';
import { onReaderGone, Terminal } from './terminal';

export interface PublishOptions {
  channel: string;
  socket?: string;
  frames?: boolean;
  text?: boolean;
  /** In seconds. */
  wait?: number;
  reconnect: boolean;
  json?: boolean;
  quiet?: boolean;
}

/** After a signal, what the hub has not taken by then is given up. */
const CLOSE_DEADLINE_MS = 10_000;
/** How often it is looked whether everything is acknowledged. */
const FLUSH_LOOK_MS = 20;
const CONNECT_MS = 5_000;
const SIGNALS = { SIGINT: ExitCode.SIGINT, SIGTERM: ExitCode.SIGTERM } as const;
type Signal = keyof typeof SIGNALS;

/** Runs until the end of standard input is acknowledged, or a signal. @returns the exit code */
export async function publish(options: PublishOptions): Promise<ExitCode> {
  if (options.text && !options.frames) throw usageError('--text needs --frames: lines are text anyway.');
  const socket = options.socket === undefined ? defaultProducerSocket() : resolve(options.socket);
  if (socket === undefined) throw usageError('This system has no sockets that ringcast can trust.');
  for (const stream of [process.stdout, process.stderr]) onReaderGone(stream, () => {});
  const publishing = new Publishing(options, socket);
  await publishing.connect();
  return publishing.postAll();
}

class Publishing {
  readonly #options: PublishOptions;
  readonly #socket: string;
  readonly #terminal: Terminal;
  #producer!: ConnectedProducer;
  #signal: Signal | undefined;
  #whyClosed: HubError | undefined;

  constructor(options: PublishOptions, socket: string) {
    this.#options = options;
    this.#socket = socket;
    this.#terminal = new Terminal(options);
  }

  async connect(): Promise<void> {
    const { wait, reconnect } = this.#options;
    try {
      this.#producer = await connectProducer({
        socket: this.#socket,
        reconnect,
        waitForHub: wait !== undefined,
        timeoutMs: wait === undefined ? CONNECT_MS : Math.ceil(wait * 1000),
        onStateChange: (state, reason) => this.#stateChanged(state, reason),
      });
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      throw new Failure(ExitCode.FAILURE, `${error.message}.`, {
        remedy: 'Start a hub with ringcast run, or say with --socket where its socket is.',
        cause: error,
      });
    }
    this.#report('connected', { socket: this.#socket, pid: process.pid });
    this.#terminal.note(`Connected to ${this.#socket}. Ctrl-C ends it.`);
    for (const signal of Object.keys(SIGNALS) as Signal[]) process.on(signal, () => this.#onSignal(signal));
  }

  async postAll(): Promise<ExitCode> {
    const { channel } = this.#options;
    const stdin = new StdinProducer(channel, this.#producer, this.#terminal, formatOf(this.#options));
    const progress = new Progress(!this.#options.quiet, () => this.#progress());
    let failure: unknown;
    try {
      await stdin.postAll(process.stdin);
    } catch (error) {
      failure = error; // what came before it is sent all the same
    }
    await this.#acknowledged();
    const stats = await this.#producer.close({ deadlineMs: CLOSE_DEADLINE_MS });
    progress.end();
    this.#tellEnd(stdin, stats);
    if (failure !== undefined) throw failure;
    if (this.#signal !== undefined) return SIGNALS[this.#signal];
    if (stats.lost > 0 || this.#whyClosed !== undefined) throw this.#incomplete(stats);
    return ExitCode.OK;
  }

  /** However long the hub takes: its slowest peers may set the pace. */
  async #acknowledged(): Promise<void> {
    for (;;) {
      const { pending, state } = this.#producer.stats();
      if (this.#signal !== undefined || state === 'closed' || pending === 0) return;
      await new Promise((resolved) => setTimeout(resolved, FLUSH_LOOK_MS));
    }
  }

  #stateChanged(state: ConnectionState, reason: HubError | undefined): void {
    if (state !== 'closed') {
      this.#report(state, { reason: reason?.message });
      return;
    }
    this.#whyClosed = reason;
    if (reason !== undefined) process.stdin.destroy();
  }

  #onSignal(signal: Signal): void {
    if (this.#signal !== undefined) process.exit(SIGNALS[signal]);
    this.#signal = signal;
    this.#terminal.note(
      `${signal}: closing. What was read is sent first, for at most ${CLOSE_DEADLINE_MS / 1000} s (again: end at once).`,
    );
    process.stdin.destroy();
  }

  #progress(): string {
    const { posted, acknowledged, state } = this.#producer.stats();
    const figures = `${posted.toLocaleString('en')} posted, ${acknowledged.toLocaleString('en')} acknowledged`;
    return state === 'connected' ? figures : `${figures} (${state})`;
  }

  #tellEnd(stdin: StdinProducer, { acknowledged, lost }: ConnectedProducerStats): void {
    const { skipped, repaired } = stdin.counts;
    this.#report('done', { ...stdin.counts, acknowledged, lost });
    const [one, many] = this.#options.frames ? ['frame', 'frames'] : ['line', 'lines'];
    this.#terminal.note(`${acknowledged} ${acknowledged === 1 ? one : many} posted.`);
    if (skipped > 0) this.#terminal.warn(`${skipped} skipped: too long.`);
    if (repaired > 0)
      this.#terminal.warn(`${repaired} were not UTF-8: the bytes that were wrong were replaced by U+FFFD.`);
  }

  #incomplete({ lost }: ConnectedProducerStats): Failure {
    const why = this.#whyClosed?.message ?? 'the hub did not take them';
    const what = lost === 0 ? 'The rest of standard input was not read' : `${lost} messages are lost`;
    return new Failure(ExitCode.FAILURE, `${what}: ${why}.`, { cause: this.#whyClosed });
  }

  #report(event: string, details: object): void {
    if (this.#options.json) process.stdout.write(`${JSON.stringify({ event, ...details })}\n`);
  }
}

function formatOf({ frames, text }: PublishOptions): InputFormat {
  const larger = "larger with the hub's --lane-bytes";
  if (!frames) return { ...LINES, larger };
  return {
    unit: 'frame',
    text: text === true,
    larger,
    splitter: (maxPayloadBytes) => new FrameSplitter(maxPayloadBytes),
  };
}
