/** `ringcast agent`: a generator of load for coordinators on other hosts, in the foreground until a signal. */
import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import path from 'node:path';
import { LogLevel } from '../../shared/log/levels';
import { type LogRecord, makeRecord } from '../../shared/log/record';
import { SimilarLines } from '../../shared/log/similar-lines';
import { Agent, type AgentEvent } from '../load/remote/agent';
import { parseAgentAddress } from '../load/remote/agent-address';
import { newAgentGenerator } from '../load/remote/agent-generators';
import { ExitCode } from './exit-codes';
import { Failure, usageError } from './failure';
import { onReaderGone, Terminal } from './terminal';

export interface AgentCommandOptions {
  listen: string;
  tokenFile: string;
  cert?: string;
  key?: string;
  allowScripts?: boolean;
  json?: boolean;
  quiet?: boolean;
}

/** So often it is looked whether there were more of the lines that were held back. */
const SWEEP_MS = 1_000;
/** A file that others than its owner can read. */
const OTHERS_MODE = 0o077;

/** Runs until a signal. @returns the exit code */
export async function agent(options: AgentCommandOptions): Promise<ExitCode> {
  for (const stream of [process.stdout, process.stderr]) onReaderGone(stream, () => {});
  const terminal = new Terminal(options);
  const lines = new AgentLines(options, terminal);
  const listening = await listen(options, terminal, lines);
  const { host, port } = { ...parseAgentAddress(options.listen), port: listening.port };
  const address = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  lines.report('listening', { address, pid: process.pid, tls: options.cert !== undefined });
  terminal.note(`Agent at ${address}${options.cert === undefined ? '' : ' (TLS)'}. Ctrl-C ends it.`);
  const signal = await firstSignal();
  terminal.note(`${signal}: ending (again: at once).`);
  await listening.close();
  lines.end();
  return ExitCode[signal];
}

async function listen(options: AgentCommandOptions, terminal: Terminal, lines: AgentLines): Promise<Agent> {
  const { host, port } = addressOf(options.listen);
  if ((options.cert === undefined) !== (options.key === undefined))
    throw usageError('--cert and --key belong together.');
  const token = readToken(options.tokenFile, terminal);
  try {
    return await Agent.listen({
      host,
      port,
      token,
      version: ownVersion(),
      tls:
        options.cert === undefined
          ? undefined
          : { cert: contentOf(options.cert, '--cert'), key: contentOf(options.key!, '--key') },
      newGenerator: () => newAgentGenerator({ allowScripts: options.allowScripts === true }),
      onEvent: (event) => lines.tell(event),
    });
  } catch (error) {
    if (error instanceof Failure) throw error;
    if (error instanceof RangeError) throw usageError(`${options.tokenFile}: ${error.message}.`);
    throw listenFailure(error as NodeJS.ErrnoException, options);
  }
}

function addressOf(text: string): { host: string; port: number } {
  try {
    return parseAgentAddress(text);
  } catch {
    throw usageError(`--listen must be HOST:PORT, such as 127.0.0.1:7070 or [::]:7070, and is ${text}.`);
  }
}

function listenFailure(error: NodeJS.ErrnoException, { listen }: AgentCommandOptions): Failure {
  const remedies: { [code: string]: [string, string] } = {
    EADDRINUSE: ['another program has this port', 'Choose another one with --listen.'],
    EADDRNOTAVAIL: ['this machine has no such address', 'Choose one of its own with --listen, or 0.0.0.0.'],
    EACCES: ['you may not use this port', 'Choose one from 1024 on with --listen.'],
    ENOTFOUND: ['there is no host of this name', 'Give an address of this machine with --listen.'],
  };
  const [why, remedy] = remedies[error.code ?? ''] ?? [error.message, undefined];
  return new Failure(ExitCode.FAILURE, `Cannot listen on ${listen}: ${why}.`, { remedy, cause: error });
}

/** @throws {Failure} USAGE, if it cannot be read */
function readToken(file: string, terminal: Terminal): string {
  const token = contentOf(file, '--token-file').trim();
  if ((statSync(file).mode & OTHERS_MODE) !== 0 && process.platform !== 'win32')
    terminal.warn(`${file} can be read by other users of this machine: chmod 600 ${file}`);
  return token;
}

function contentOf(file: string, flag: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Failure(ExitCode.USAGE, `${flag} names ${file}, which cannot be read (${code}).`, { cause });
  }
}

function ownVersion(): string {
  return (require(path.join(__dirname, '../../../package.json')) as { version: string }).version;
}

function firstSignal(): Promise<'SIGINT' | 'SIGTERM'> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(ExitCode[signal]));
        resolve(signal);
      });
    }
  });
}

/** What the agent says. Strangers at its port cannot flood it. */
class AgentLines {
  readonly #json: boolean;
  readonly #terminal: Terminal;
  readonly #similar = new SimilarLines(
    () => performance.now(),
    (summary) => this.#warn(summary),
  );
  readonly #timer = setInterval(() => this.#similar.sweep(), SWEEP_MS);

  constructor({ json }: AgentCommandOptions, terminal: Terminal) {
    this.#json = json === true;
    this.#terminal = terminal;
  }

  tell(event: AgentEvent): void {
    const { type, ...details } = event;
    if (type === 'refused') {
      const record = makeRecord(LogLevel.WARN, 'main', `${event.from} refused: ${event.why}`);
      if (!this.#similar.admit('refused', record)) return;
      this.#warn(record);
    } else if (type === 'admitted') this.#terminal.note(`${event.from}: working for it`);
    else this.#terminal.note(`${event.from}: done (${event.why})`);
    this.report(type, details);
  }

  report(event: string, details: object): void {
    if (this.#json) process.stdout.write(`${JSON.stringify({ event, ...details })}\n`);
  }

  end(): void {
    clearInterval(this.#timer);
    this.#similar.end();
  }

  #warn({ message }: LogRecord): void {
    this.#terminal.warn(message);
  }
}
