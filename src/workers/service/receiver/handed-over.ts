/**
 * A handshake by ws that ends before ws would begin to read: the socket goes to a receiver of ours.
 *
 * `ws` makes an object of this class for each handshake, writes the answer, and calls `setSocket` when the connection is
 * open (a wire test holds it to that).
 *
 * Thread: the service's.
 */
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';

export class HandedOver extends WebSocket {
  /** Bytes that came with the handshake. */
  head: Buffer = Buffer.alloc(0);

  /** Called by ws in place of its own. */
  setSocket(_socket: Socket, head: Buffer): void {
    this.head = head;
  }

  /** Whether the peer may send compressed messages. */
  get mayCompress(): boolean {
    return this.extensions.includes('permessage-deflate');
  }
}
