/** `ringcast tail`: prints what a WebSocket server sends, a message a line. */
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { CloseCode } from '../../shared/close-codes';
import { ExitCode } from './exit-codes';
import { Failure, usageError } from './failure';
import { onReaderGone, Terminal } from './terminal';

export interface TailOptions {
  count?: number;
  /** In seconds. */
  timeout?: number;
  json?: boolean;
  quiet?: boolean;
}

/** A binary message is shown by so many of its bytes. */
const SHOWN_BYTES = 32;
const MAX_REFUSAL_TEXT = 200;

/** Prints messages until the connection ends, `count` have come, or the time is up. @returns the exit code */
export function tail(address: string, options: TailOptions): Promise<ExitCode> {
  const url = checkUrl(address);
  const terminal = new Terminal(options);
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    const output = new Output(socket);
    let received = 0;
    const wanted = options.count ?? Number.POSITIVE_INFINITY;

    const finish = (exitCode: ExitCode) => {
      clearTimeout(timer);
      socket.removeAllListeners();
      socket.on('error', () => {}); // of a handshake that we end ourselves
      if (socket.readyState === WebSocket.OPEN) socket.close(CloseCode.NORMAL);
      else socket.terminate();
      output.flushed().then(() => resolve(exitCode));
    };
    const fail = (message: string, remedy?: string, cause?: unknown) => {
      finish(ExitCode.FAILURE);
      reject(new Failure(ExitCode.FAILURE, message, { remedy, cause }));
    };
    const timer = setTimeout(
      () => {
        if (socket.readyState === WebSocket.CONNECTING)
          fail(`No answer from ${address} in ${options.timeout} s.`);
        else if (wanted !== Number.POSITIVE_INFINITY)
          fail(`Only ${received} of ${wanted} messages came in ${options.timeout} s.`);
        else finish(ExitCode.OK);
      },
      options.timeout === undefined ? 2 ** 31 - 1 : options.timeout * 1000,
    );

    onReaderGone(process.stdout, () => finish(ExitCode.OK));
    process.once('SIGINT', () => finish(ExitCode.SIGINT));
    process.once('SIGTERM', () => finish(ExitCode.SIGTERM));

    socket.on('open', () => terminal.note(`Connected to ${address}. Ctrl-C ends it.`));
    socket.on('message', (data, isBinary) => {
      output.write(options.json ? asJson(data as Buffer, isBinary) : asText(data as Buffer, isBinary));
      if (++received === wanted) finish(ExitCode.OK);
    });
    socket.on('unexpected-response', (_request, response) => {
      readSome(response).then((text) =>
        fail(
          `${address} answered ${response.statusCode}: ${text}`,
          REFUSAL_REMEDIES[response.statusCode ?? 0],
        ),
      );
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const [message, remedy] = CONNECT_FAILURES[error.code ?? ''] ?? [error.message, undefined];
      fail(`Cannot read from ${address}: ${message}`, remedy, error);
    });
    socket.on('close', (code, reason) => {
      const why = `${code}${reason.length > 0 ? ` (${reason})` : ''}`;
      if (wanted !== Number.POSITIVE_INFINITY)
        fail(`The connection ended with ${why} after ${received} of ${wanted} messages.`);
      else if (code === CloseCode.NORMAL || code === CloseCode.GOING_AWAY) {
        terminal.note(`The server closed the connection: ${why}.`);
        finish(ExitCode.OK);
      } else fail(`The connection was lost: ${why}.`);
    });
  });
}

const CONNECT_FAILURES: { [code: string]: [message: string, remedy: string] } = {
  ECONNREFUSED: ['nobody listens there.', 'Start a hub with ringcast run, or check host and port.'],
  ENOTFOUND: ['there is no host of this name.', 'Check the name.'],
};
const REFUSAL_REMEDIES: { [status: number]: string } = {
  404: 'Check the channel, and the path before it, if the hub has one.',
  503: 'The hub is full or closing: try again later.',
};

function checkUrl(address: string): string {
  if (/^wss?:\/\//i.test(address) && URL.canParse(address) && !address.includes('#')) return address;
  const guess = `ws://${address.replace(/^[a-z]*:?\/\//i, '')}`;
  throw usageError(
    `${JSON.stringify(address)} is not the URL of a WebSocket: it must begin with ws:// or wss://, and have no #.`,
    URL.canParse(guess) && !guess.includes('#')
      ? `Did you mean ${guess}?`
      : 'For example ws://127.0.0.1:8080/log.',
  );
}

function asJson(data: Buffer, isBinary: boolean): string {
  const time = new Date().toISOString();
  return JSON.stringify(
    isBinary ? { time, base64: data.toString('base64') } : { time, text: data.toString() },
  );
}

function asText(data: Buffer, isBinary: boolean): string {
  if (!isBinary) return data.toString();
  const shown = data
    .subarray(0, SHOWN_BYTES)
    .toString('hex')
    .replace(/..(?=.)/g, '$& ');
  return `<binary, ${data.length} bytes: ${shown}${data.length > SHOWN_BYTES ? ' …' : ''}> (all of it with --json)`;
}

async function readSome(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response) {
    text += chunk;
    if (text.length >= MAX_REFUSAL_TEXT) break;
  }
  return text.slice(0, MAX_REFUSAL_TEXT).trim() || (response.statusMessage ?? '');
}

/** Standard output. While it has no room, the peer does not read: so the hub sees that we are slow. */
class Output {
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  write(line: string): void {
    if (process.stdout.write(`${line}\n`) || this.#socket.isPaused) return;
    this.#socket.pause();
    process.stdout.once('drain', () => this.#socket.resume());
  }

  flushed(): Promise<void> {
    if (process.stdout.writableLength === 0 || process.stdout.destroyed) return Promise.resolve();
    return new Promise((resolve) => process.stdout.write('', () => resolve()));
  }
}
