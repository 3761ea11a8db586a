/**
 * One connection to the hub's private socket, from the look at its file to its end. It is used once.
 *
 * Thread: the relay's.
 */
import net from 'node:net';
import { HubError, HubErrorCode } from '../../shared/errors';
import { FrameReader } from '../../shared/foreign/frame-reader';
import {
  FrameKind,
  type Hello,
  MAX_ANSWER_BYTES,
  PROTOCOL_VERSION,
  type Refusal,
  textFrame,
  type Welcome,
} from '../../shared/foreign/protocol';
import {
  checkDirectory,
  checkSocketFile,
  checkSocketPath,
  type FileIdentity,
  isSameFile,
  UnsafePath,
} from '../../shared/foreign/safe-path';

export interface LinkEvents {
  /** The hub knows us: the connection is open. */
  welcome(welcome: Welcome): void;
  frame(reader: FrameReader): void;
  /** It is over, or did not come about. Once, and the last event. */
  end(failure: HubError): void;
}

/** Codes of failures that may pass: there is no hub yet, or it is just going. */
const NO_HUB = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'EAGAIN']);

/** Whether a later attempt may succeed because a hub has come. */
export function isNoHub({ cause, code }: HubError): boolean {
  return code === HubErrorCode.CLOSED || NO_HUB.has((cause as NodeJS.ErrnoException | undefined)?.code ?? '');
}

export class Link {
  readonly #path: string;
  readonly #timeoutMs: number;
  readonly #events: LinkEvents;
  readonly #reader = new FrameReader(MAX_ANSWER_BYTES);
  readonly #timer: NodeJS.Timeout;
  #socket: net.Socket | undefined;
  #welcomed = false;
  #ended = false;

  /**
   * Looks at the socket's file, connects, greets.
   *
   * @param timeoutMs within this time the hub must have answered
   */
  constructor(path: string, hello: Omit<Hello, 'ringcast'>, timeoutMs: number, events: LinkEvents) {
    this.#path = path;
    this.#timeoutMs = timeoutMs;
    this.#events = events;
    this.#timer = setTimeout(() => this.#fail(this.#noAnswer()), timeoutMs);
    try {
      checkSocketPath(path);
      const file = checkSocketFile(path); // first: where there is no directory, there is no hub either
      checkDirectory(path);
      this.#connect(file, hello);
    } catch (error) {
      // Not at once: whoever made this link does not have it yet.
      setImmediate(() => this.#fail(this.#explain(error as Error)));
    }
  }

  /** Whether the operating system has not taken all that was sent yet. */
  get busy(): boolean {
    return (this.#socket?.writableLength ?? 0) > 0;
  }

  /** The bytes must stay as they are until the hub has acknowledged them. */
  send(bytes: Uint8Array): void {
    this.#socket?.write(bytes);
  }

  /** Sends what was given to `send`, then parts. */
  end(last: Uint8Array): void {
    this.#socket?.end(last);
  }

  /** Ends the connection now, for this reason. */
  destroy(reason: string): void {
    this.#fail(new HubError(HubErrorCode.CONNECT_FAILED, reason));
  }

  #connect(file: FileIdentity, hello: Omit<Hello, 'ringcast'>): void {
    const socket = net.connect(this.#path);
    this.#socket = socket;
    socket.on('connect', () => {
      try {
        // The file that was looked at, and not one that came in its place since.
        if (!isSameFile(file, checkSocketFile(this.#path)))
          throw new UnsafePath(`${this.#path} was replaced while it was connected to`);
        socket.write(textFrame(FrameKind.HELLO, JSON.stringify({ ringcast: PROTOCOL_VERSION, ...hello })));
      } catch (error) {
        this.#fail(this.#explain(error as Error));
      }
    });
    socket.on('data', (piece: Buffer) => this.#read(piece));
    socket.on('error', (error) => this.#fail(this.#explain(error)));
    socket.on('close', () => this.#fail(this.#broken()));
  }

  #read(piece: Buffer): void {
    try {
      this.#reader.push(piece);
      while (!this.#ended && this.#reader.next()) {
        if (this.#welcomed) this.#events.frame(this.#reader);
        else this.#hear();
      }
    } catch (error) {
      this.#fail(this.#explain(error as Error));
    }
  }

  /** The hub's first words. */
  #hear(): void {
    const { kind, bytes, start, end } = this.#reader;
    const text = bytes.toString('utf8', start, end);
    if (kind === FrameKind.WELCOME) {
      clearTimeout(this.#timer);
      this.#welcomed = true;
      this.#events.welcome(JSON.parse(text) as Welcome);
    } else if (kind === FrameKind.REFUSED) {
      const { code, message } = JSON.parse(text) as Refusal;
      this.#fail(new HubError(code as HubErrorCode, `the hub at ${this.#path} refuses: ${message}`));
    } else {
      throw new Error('what listens there is no hub of this version of ringcast');
    }
  }

  #fail(failure: HubError): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#socket?.destroy();
    this.#events.end(failure);
  }

  #explain(cause: Error): HubError {
    const { code } = cause as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT'
        ? 'there is no socket: start a hub with the option producers.socket, or ringcast run'
        : code === 'ECONNREFUSED'
          ? 'nobody listens there any more: start the hub again'
          : cause.message;
    return new HubError(HubErrorCode.CONNECT_FAILED, `cannot connect to a hub at ${this.#path}: ${why}`, {
      cause,
    });
  }

  #broken(): HubError {
    if (this.#welcomed)
      return new HubError(HubErrorCode.CONNECT_FAILED, `the connection to the hub at ${this.#path} ended`);
    const message = `what listens at ${this.#path} ended the connection instead of a greeting`;
    return new HubError(HubErrorCode.CONNECT_FAILED, message, { cause: { code: 'ECONNRESET', message } });
  }

  #noAnswer(): HubError {
    return new HubError(
      HubErrorCode.CONNECT_FAILED,
      `no greeting from a hub at ${this.#path} in ${this.#timeoutMs} ms: it is busy or stuck, or no hub`,
    );
  }
}
