/** A peer's socket after the handshake, over the library ws. Thread: the service's. */
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { PeerSocket } from './peer-socket';
import type { PatientWebSocket } from './receiver/patient-web-socket';
import { RestOfPeer } from './receiver/rest';
import { unsentBytesOf } from './socket-descriptor';
import { writeTogether } from './write-together';

export class WsSocket implements PeerSocket {
  readonly remoteAddress: string;
  readonly #ws: PatientWebSocket;
  readonly #socket: Socket;
  #done: ((failed: boolean) => void) | undefined;
  readonly #onWritten = (error?: Error | null): void => this.#settle(error != null);

  constructor(ws: PatientWebSocket, socket: Socket, remoteAddress: string) {
    this.#ws = ws;
    this.#socket = socket;
    this.remoteAddress = remoteAddress;
  }

  /**
   * Writes whole frames beside ws, straight to the socket: that is sound because ws, too, only ever writes whole frames to
   * it, and a socket keeps the order of its writes.
   */
  write(bytes: Uint8Array, done: (failed: boolean) => void, behind?: Uint8Array): void {
    this.#done = done;
    if (this.#ws.readyState === WebSocket.OPEN) writeTogether(this.#socket, bytes, behind, this.#onWritten);
    else process.nextTick(this.#onWritten, new Error('the connection is closing'));
  }

  get unsentBytes(): number | undefined {
    // What net.Socket's own idle timer looks at, to see whether a long write makes progress.
    return unsentBytesOf(this.#socket);
  }

  close(code: number, reason: string): void {
    this.#ws.answer(code, reason);
  }

  expel(code: number, reason: string): void {
    this.#ws.answer(code, reason);
    // What ws does itself at a fault of the peer: it takes its parser off the socket, and reads on only for the end.
    this.#socket.removeAllListeners('data');
    const rest = new RestOfPeer(this.#socket);
    this.#socket.on('data', (chunk: Buffer) => rest.took(chunk.length));
    this.#socket.resume();
    this.#socket.end();
  }

  terminate(): void {
    this.#ws.terminate();
  }

  pause(): void {
    this.#ws.pause();
  }

  resume(): void {
    this.#ws.resume();
  }

  giveWay(): void {
    this.#ws.giveWay();
  }

  #settle(failed: boolean): void {
    const done = this.#done;
    this.#done = undefined;
    done?.(failed);
  }
}
