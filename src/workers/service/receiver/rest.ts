/**
 * What still comes of a peer that nobody listens to any more. It is read, so that the peer sees our close frame and not a
 * reset; but only so much of it.
 *
 * Thread: the service's.
 */
import type { Socket } from 'node:net';

/** About what the kernels between can hold when the peer is told to stop: whoever sends more did not. */
const MAX_REST_BYTES = 4 * 1024 * 1024;

export class RestOfPeer {
  readonly #socket: Socket;
  #bytes = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  took(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > MAX_REST_BYTES) this.#socket.destroy();
  }
}
