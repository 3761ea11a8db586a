/**
 * A `WebSocket` of ws that does not answer a close frame, or a fault, by itself: it tells, and leaves the answer to whoever
 * knows what has to go out before.
 *
 * ws has no option for that. But what it does then it does by its own public `close`, which nobody else calls here (wire tests
 * hold it to that): without arguments or with a code and a reason for a close frame, with the code alone for a fault.
 *
 * Thread: the service's.
 */
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { CloseCode } from '../../../shared/close-codes';

type SetSocket = (socket: Socket, head: Buffer, options: object) => void;
const NO_REASON = Buffer.alloc(0);
type EndListener = () => void;

export class PatientWebSocket extends WebSocket {
  /** The code for what the peer did wrong. The event `error`, which comes next, says what it was. */
  faultCode: number | undefined;
  /** Called with the code and reason of the peer's close frame, unless it is the answer to ours. */
  onPeerClose: (code: number, reason: Buffer) => void = () => {};
  #endListeners: EndListener[] = [];
  #transport: Socket | undefined;

  /** Called by ws when the connection is open. */
  setSocket(socket: Socket, head: Buffer, options: object): void {
    const before = socket.listeners('end');
    const { setSocket } = WebSocket.prototype as unknown as { setSocket: SetSocket };
    setSocket.call(this, socket, head, options);
    this.#transport = socket;
    this.#endListeners = socket.listeners('end').filter((one) => !before.includes(one)) as EndListener[];
  }

  /** For ws alone. Everybody else: `answer`. */
  override close(code?: number, reason?: string | Buffer): void {
    if (this.readyState !== WebSocket.OPEN) {
      super.close(code, reason);
      return;
    }
    // If the peer closes its end now, it can still be closed as it should. ws would end the socket.
    for (const listener of this.#endListeners) this.#transport?.off('end', listener);
    if (code !== undefined && reason === undefined) this.faultCode = code;
    else this.onPeerClose(code ?? CloseCode.NONE, (reason as Buffer | undefined) ?? NO_REASON);
  }

  /** Sends our close frame: the first, or the answer. */
  answer(code: number, reason: string): void {
    if (code === CloseCode.NONE) super.close();
    else super.close(code, reason);
  }

  /**
   * The messages that are read already, and not told, come when the loop has gone round.
   *
   * That is what the option `allowSynchronousEvents: false` of ws does after each message, which costs too much: so it is on
   * only until the next round begins. This runs before what ws then puts off (a wire test holds it to that).
   */
  giveWay(): void {
    const { _receiver: receiver } = this as unknown as { _receiver: { _allowSynchronousEvents: boolean } };
    receiver._allowSynchronousEvents = false;
    setImmediate(() => {
      receiver._allowSynchronousEvents = true;
    });
  }
}
