/**
 * A peer's socket after the handshake, with a receiver that hands out messages piece by piece. Where messages are taken
 * whole, `ws-socket.ts` stands in its place.
 *
 * Thread: the service's.
 */
import type { Socket } from 'node:net';
import { CloseCode } from '../../../shared/close-codes';
import type { FragmentInfo } from '../../../shared/inbound';
import { encodeFrame, Opcode } from '../frame';
import type { PeerSocket } from '../peer-socket';
import { unsentBytesOf } from '../socket-descriptor';
import { writeTogether } from '../write-together';
import { FrameReceiver } from './frame-receiver';
import { LifeMeter } from './life';
import { RestOfPeer } from './rest';

const EMPTY = Buffer.alloc(0);

/** What comes of the peer. */
export interface FragmentListener {
  fragment(bytes: Buffer, fragment: FragmentInfo): void;
  ping(payload: Buffer): void;
  pong(payload: Buffer): void;
  /** A fragment of no bytes, that ends nothing. */
  empty(): void;
  /** The peer is known to live, by its bytes. */
  alive(): void;
  /** The peer's close frame came, before one of ours, or it broke the protocol: to be closed with this code. */
  concluded(code: number, reason: string): void;
  /** The socket is gone. Told once, last. */
  ended(code: number, reason: string): void;
}

export interface FragmentSocketOptions {
  /** Whether permessage-deflate was agreed on. */
  mayCompress: boolean;
  remoteAddress: string;
  /** A peer has this long to answer a close frame. */
  closeTimeoutMs: number;
}

export class FragmentSocket implements PeerSocket {
  readonly remoteAddress: string;
  readonly #socket: Socket;
  readonly #options: FragmentSocketOptions;
  readonly #receiver: FrameReceiver;
  readonly #life = new LifeMeter();
  readonly #rest: RestOfPeer;
  #listener: FragmentListener | undefined;
  #paused = false;
  /** A close frame is on its way, or the peer's end is closed. */
  #closing = false;
  #closeSent = false;
  /** Nothing the peer sends matters any more: it sent its close frame, or broke the protocol. */
  #deaf = false;
  #peerClosed: { code: number; reason: string } | undefined;
  #closeTimer: NodeJS.Timeout | undefined;
  #done: ((failed: boolean) => void) | undefined;
  readonly #onWritten = (error?: Error | null): void => this.#settle(error != null);

  constructor(socket: Socket, options: FragmentSocketOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#rest = new RestOfPeer(socket);
    this.remoteAddress = options.remoteAddress;
    this.#receiver = new FrameReceiver(
      {
        fragment: (bytes, fragment) => this.#listener?.fragment(bytes, fragment),
        ping: (payload) => this.#listener?.ping(payload),
        pong: (payload) => this.#listener?.pong(payload),
        empty: () => this.#listener?.empty(),
        close: (code, reason) => this.#concluded(code, reason),
        fault: ({ code, text }) => this.#fault(code, text),
        ready: () => this.#goOnReading(),
      },
      options.mayCompress,
    );
  }

  /** Begins to read. @param head bytes that came with the handshake */
  start(head: Buffer, listener: FragmentListener): void {
    const socket = this.#socket;
    this.#listener = listener;
    socket.setTimeout(0);
    socket.setNoDelay();
    if (head.length > 0) socket.unshift(head);
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('end', () => this.#peerEnded());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#ended());
    if (this.#paused) socket.pause();
  }

  write(bytes: Uint8Array, done: (failed: boolean) => void, behind?: Uint8Array): void {
    this.#done = done;
    if (!this.#closing) writeTogether(this.#socket, bytes, behind, this.#onWritten);
    else process.nextTick(this.#onWritten, new Error('the connection is closing'));
  }

  get unsentBytes(): number | undefined {
    return unsentBytesOf(this.#socket);
  }

  close(code: number, reason: string): void {
    if (this.#closing) return;
    this.#closing = true;
    const payload = code === CloseCode.NONE ? EMPTY : closePayload(code, reason);
    this.#socket.write(encodeFrame(Opcode.CLOSE, payload), (error) => {
      if (error != null) return; // `close` follows
      this.#closeSent = true;
      if (this.#deaf) this.#socket.end();
    });
    this.#closeTimer = setTimeout(() => this.#socket.destroy(), this.#options.closeTimeoutMs);
  }

  expel(code: number, reason: string): void {
    this.#receiver.stop();
    this.#listenNoMore();
    this.close(code, reason);
  }

  terminate(): void {
    this.#socket.destroy();
  }

  pause(): void {
    this.#paused = true;
    if (this.#deaf) return; // what is read now is only the way to the socket's end
    this.#receiver.pause();
    this.#socket.pause();
  }

  /** What was held back is handed out soon, never from within this call: its caller may be in the middle of something. */
  resume(): void {
    this.#paused = false;
    process.nextTick(() => {
      if (this.#paused) return;
      this.#receiver.resume();
      this.#goOnReading();
    });
  }

  giveWay(): void {
    this.#receiver.pause();
    setImmediate(() => {
      if (this.#paused) return;
      this.#receiver.resume();
      this.#goOnReading();
    });
  }

  #take(chunk: Buffer): void {
    if (this.#deaf) {
      this.#rest.took(chunk.length);
      return;
    }
    if (this.#life.took(chunk.length, performance.now())) this.#listener?.alive();
    if (!this.#receiver.push(chunk)) this.#socket.pause();
    else if (!this.#paused && this.#socket.isPaused()) this.#socket.resume(); // paused and resumed meanwhile
  }

  #goOnReading(): void {
    if (!this.#paused && this.#receiver.idle) this.#socket.resume();
  }

  /** The peer's close frame came. */
  #concluded(code: number, reason: Buffer): void {
    this.#peerClosed = { code, reason: reason.toString('utf8') };
    this.#listenNoMore();
    if (!this.#closing) this.#listener?.concluded(code, this.#peerClosed.reason);
  }

  #fault(code: number, text: string): void {
    this.#listenNoMore();
    if (!this.#closing) this.#listener?.concluded(code, text);
  }

  /** Reads to the end of what the peer sends without looking at it. Once both sides have closed, so does the socket. */
  #listenNoMore(): void {
    this.#deaf = true;
    this.#socket.resume();
    if (this.#closeSent) this.#socket.end();
  }

  #peerEnded(): void {
    if (this.#deaf && !this.#closing) return; // it can still be closed as it should
    this.#closing = true;
    this.#receiver.stop();
    this.#socket.end();
  }

  #ended(): void {
    clearTimeout(this.#closeTimer);
    this.#receiver.stop();
    const { code, reason } = this.#peerClosed ?? { code: CloseCode.ABNORMAL, reason: '' };
    this.#listener?.ended(code, reason);
  }

  #settle(failed: boolean): void {
    const done = this.#done;
    this.#done = undefined;
    done?.(failed);
  }
}

function closePayload(code: number, reason: string): Buffer {
  const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
  payload.writeUInt16BE(code, 0);
  payload.write(reason, 2, 'utf8');
  return payload;
}
