/** `ringcast run`: a hub in the foreground, and the lines of standard input into one of its channels. */
import { resolve } from 'node:path';
import { HubError, HubErrorCode } from '../../shared/errors';
import { levelMask, setLogLevel } from '../../shared/log';
import type { ChannelOptions, HubOptions, SlowPolicy } from '../../shared/options';
import { createHub, type Hub } from '../hub';
import { emitSyslog, openSyslog, type Syslog } from '../log/syslog';
import { defaultProducerSocket, makeSocketDirectory } from '../producer-socket';
import { ExitCode } from './exit-codes';
import { Failure, usageError } from './failure';
import { type LineCounts, StdinProducer } from './stdin-producer';
import { onReaderGone, Terminal } from './terminal';

export interface RunOptions {
  host: string;
  port: number;
  path: string;
  stdin?: string;
  waitPeers?: number;
  keepOpen?: boolean;
  channel?: string[];
  maxConnections?: number;
  maxDescriptors?: number;
  slow?: SlowPolicy;
  laneBytes?: number;
  /** A mask. */
  logLevel?: number;
  /** true: the default address. */
  syslog?: string | true;
  /** Path of the socket for other processes; false: none; without it, the default one if it can be had. */
  socket?: string | false;
  json?: boolean;
  quiet?: boolean;
}

/** After a signal, connections that are not flushed by then are cut. */
const CLOSE_DEADLINE_MS = 10_000;
/** How often it is looked whether everything is flushed. */
const FLUSH_LOOK_MS = 20;

const SIGNALS = { SIGINT: ExitCode.SIGINT, SIGTERM: ExitCode.SIGTERM } as const;
type Signal = keyof typeof SIGNALS;

/** Runs until a signal, or the end of standard input. @returns the exit code */
export async function run(options: RunOptions): Promise<ExitCode> {
  checkTogether(options);
  const terminal = new Terminal(options);
  for (const stream of [process.stdout, process.stderr]) onReaderGone(stream, () => {}); // it serves on
  const syslog = startLog(options);
  try {
    const hub = await startHub(options, terminal);
    const session = new Session(hub, options, terminal);
    session.announce();
    return await session.serve();
  } finally {
    await syslog?.close();
  }
}

/** Lines of the log go to standard error, like everything that is not a result, unless `--syslog` says otherwise. */
function startLog({ logLevel, syslog, quiet }: RunOptions): Syslog | undefined {
  const levels = logLevel ?? levelMask(quiet ? 'warn' : 'notice');
  if (syslog === undefined) {
    setLogLevel(levels);
    return undefined;
  }
  const opened = openSyslog({ address: syslog === true ? undefined : syslog });
  setLogLevel(levels, emitSyslog);
  return opened;
}

function checkTogether({ stdin, waitPeers, keepOpen, path }: RunOptions): void {
  if (!path.startsWith('/')) throw usageError(`--path is ${JSON.stringify(path)}: it must begin with '/'.`);
  if (stdin !== undefined) return;
  if (waitPeers !== undefined) throw usageError('--wait-peers needs --stdin: it waits before it reads.');
  if (keepOpen) throw usageError('--keep-open needs --stdin: without it the hub stays open anyway.');
}

/** Lines that come faster than peers read them must not be lost: so with `--stdin` the reading waits. */
function hubOptionsOf(options: RunOptions): HubOptions {
  const { host, port, path, stdin, maxConnections, maxDescriptors, laneBytes } = options;
  const policy: ChannelOptions = { slow: options.slow ?? (stdin === undefined ? 'disconnect' : 'wait') };
  const names = options.channel ?? ['*'];
  if (stdin !== undefined && options.channel !== undefined) names.push(stdin);
  const channels = Object.fromEntries(names.map((name) => [name, policy]));
  const producers = { socket: socketOf(options) };
  return { host, port, path, channels, maxConnections, maxDescriptors, producers, ring: { laneBytes } };
}

/** The default one's directory is made, if it is not there. */
function socketOf({ socket }: RunOptions): string | undefined {
  if (socket === false) return undefined;
  if (socket !== undefined) return resolve(socket);
  const usual = defaultProducerSocket();
  try {
    if (usual !== undefined) makeSocketDirectory(usual);
  } catch {
    return undefined; // nobody asked for it
  }
  return usual;
}

async function startHub(options: RunOptions, terminal: Terminal): Promise<Hub> {
  try {
    return await createHub(hubOptionsOf(options));
  } catch (error) {
    if (error instanceof HubError && error.code === HubErrorCode.PRODUCER_SOCKET_FAILED) {
      if (options.socket !== undefined) throw socketFailure(error);
      options.socket = false; // nobody asked for it: the hub is worth more
      terminal.note(`Other processes cannot post to this hub: ${error.message}. Give it its own --socket.`);
      return startHub(options, terminal);
    }
    if (!(error instanceof HubError) || error.code !== HubErrorCode.LISTEN_FAILED) throw error;
    const { code } = (error.cause ?? {}) as NodeJS.ErrnoException;
    const address = `${options.host}:${options.port}`;
    const [message, remedy] = LISTEN_FAILURES[code ?? ''] ?? [
      error.message.replace(/^cannot listen on \S+: /, ''),
      'Choose another address with --host and --port.',
    ];
    throw new Failure(ExitCode.FAILURE, `Cannot listen on ${address}: ${message}`, { remedy, cause: error });
  }
}

function socketFailure(error: HubError): Failure {
  const message = error.message.replace(/^c/, 'C');
  return new Failure(ExitCode.FAILURE, `${message}.`, {
    remedy: 'Choose another path with --socket, or none with --no-socket.',
    cause: error,
  });
}

const LISTEN_FAILURES: { [code: string]: [message: string, remedy: string] } = {
  EADDRINUSE: [
    'another program has this port.',
    'Choose another one with --port, or let the system choose with --port 0.',
  ],
  EACCES: ['you may not use this port.', 'Choose one from 1024 on with --port.'],
  EADDRNOTAVAIL: [
    'this machine has no such address.',
    'Choose one with --host: 127.0.0.1 for this machine only, 0.0.0.0 for all its addresses.',
  ],
  ENOTFOUND: ['there is no host of this name.', 'Choose one with --host, such as 127.0.0.1.'],
};

/** A hub that runs, until it is closed. */
class Session {
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
  readonly #failed: Promise<never>;

  constructor(hub: Hub, options: RunOptions, terminal: Terminal) {
    this.#hub = hub;
    this.#options = options;
    this.#terminal = terminal;
    const { stdin } = options;
    if (stdin !== undefined) this.#stdin = new StdinProducer(stdin, hub.producer, terminal);
    hub.on('connection', ({ channel }) => this.#countPeer(channel, 1));
    hub.on('disconnect', ({ channel }) => this.#countPeer(channel, -1));
    this.#failed = new Promise((_, reject) => hub.on('error', reject));
    this.#failed.catch(() => {});
    for (const signal of Object.keys(SIGNALS) as Signal[]) process.on(signal, () => this.#onSignal(signal));
  }

  announce(): void {
    const { url, port } = this.#hub;
    const { stdin, host, socket } = this.#options;
    this.#report('listening', { url, port, pid: process.pid, socket: this.#hub.producerSocket });
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
      const inputEnded = await Promise.race([this.#readInput(), stopped, this.#failed]);
      if (inputEnded && this.#options.keepOpen)
        this.#terminal.note('Standard input ended; the hub stays open.');
      if (!inputEnded || this.#options.keepOpen) await Promise.race([this.#stopped, this.#failed]);
      else await Promise.race([this.#flush(), this.#stopped, this.#failed]);
    } catch (error) {
      await this.#hub.close({ deadlineMs: 0 });
      throw error;
    }
    await this.#hub.close({ deadlineMs: CLOSE_DEADLINE_MS });
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
      `${signal}: closing. What was posted is sent first, for at most ${CLOSE_DEADLINE_MS / 1000} s (again: end at once).`,
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
