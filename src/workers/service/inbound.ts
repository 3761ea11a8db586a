/**
 * What comes in: connections and their ends, peers' messages and pieces of messages. They go to the channel's handler
 * module, or on credits to the application.
 *
 * Nothing here queues without limit: while the application is behind, the peers whose messages are for it are not read.
 *
 * Thread: the service's.
 */
import { type Board, HubCounter } from '../../shared/board';
import { CloseCode } from '../../shared/close-codes';
import { HubErrorCode } from '../../shared/errors';
import type { FragmentInfo, GapReport } from '../../shared/inbound';
import { log } from '../../shared/log';
import type { PeerLimits } from '../../shared/options';
import type { Connection } from './connection';
import { HandledConnection, type HandlerHost } from './handled-connection';
import { InboundSlice } from './inbound-slice';
import type { ApplicationOutbox } from './outbox';
import { PeerMeters } from './peer-meters';
import type { Scheduler } from './peer-socket';

export interface InboundParts {
  scheduler: Pick<Scheduler, 'nowMs' | 'soon'>;
  board: Board;
  /** What one peer may send. */
  limits: PeerLimits;
  outbox: ApplicationOutbox;
  connections: ReadonlyMap<number, Connection>;
  /** What a handler's connection can ask for. */
  host: HandlerHost;
  /** There is something to tell the application. */
  wake(): void;
}

export class Inbound {
  readonly #parts: InboundParts;
  readonly #meters: PeerMeters;
  readonly #slice: InboundSlice;
  readonly #handled = new Map<Connection, HandledConnection>();
  /** Peers that are not read until the application has taken what they sent. */
  readonly #waitingForCredit = new Set<Connection>();
  /** Connections whose present message goes to the application, piece by piece. */
  readonly #toldFragments = new WeakSet<Connection>();
  #forwarding = true;
  #forwardingFragments = true;
  #readingStopped = false;

  constructor(parts: InboundParts) {
    this.#parts = parts;
    this.#slice = new InboundSlice(parts.scheduler);
    this.#meters = new PeerMeters(parts.limits, parts.board);
  }

  /** @param data what the handler finds in its connection's `data` */
  opened(connection: Connection, data?: unknown): void {
    const { outbox, host } = this.#parts;
    const { handler } = connection.home;
    if (this.#readingStopped) this.#holdBack(connection);
    outbox.tell({ type: 'connection', info: connection.summary });
    if (handler === undefined) return;
    const handled = new HandledConnection(connection, host, data);
    this.#handled.set(connection, handled);
    this.#callHandler(connection, () => handler.onConnection?.(handled));
  }

  ended(connection: Connection, code: number, reason: string): void {
    this.#waitingForCredit.delete(connection);
    this.#parts.outbox.tell({ type: 'disconnect', info: connection.summary, code, reason });
    const handled = this.#handled.get(connection);
    if (handled === undefined) return;
    this.#handled.delete(connection);
    this.#callHandler(connection, () => connection.home.handler?.onClose?.(handled, code, reason));
  }

  /** A connection does not get messages of a channel: that begins now, or is over. */
  missed(connection: Connection, gap: GapReport): void {
    this.#parts.outbox.tell({ type: 'gap', info: connection.summary, gap });
    const handled = this.#handled.get(connection);
    if (handled !== undefined)
      this.#callHandler(connection, () => connection.home.handler?.onGap?.(handled, gap));
    this.#parts.wake();
  }

  /** A peer's message. */
  receive(connection: Connection, data: Uint8Array, text: boolean): void {
    if (connection.closing) return; // what threw at one message would throw at each that came with it
    const nowMs = this.#worksOff(connection);
    connection.heard();
    this.#count(1, data.length);
    if (!this.#meters.tookMessage(connection, 1, data.length, nowMs)) return;
    const handled = this.#handled.get(connection);
    const onMessage = connection.home.handler?.onMessage;
    if (handled !== undefined && onMessage !== undefined) {
      this.#callHandler(connection, () =>
        onMessage(handled, text ? Buffer.from(data).toString('utf8') : data),
      );
    } else if (this.#forwarding) {
      connection.talked = true;
      this.#parts.outbox.tellMessage(connection.summary, data, text);
      this.#told();
    }
  }

  /** A piece of a peer's message, on a channel that receives fragments. */
  receiveFragment(connection: Connection, bytes: Uint8Array, fragment: FragmentInfo): void {
    if (connection.closing) return; // as above
    const frameEnds = fragment.remaining === 0;
    const messages = frameEnds && fragment.final ? 1 : 0;
    const nowMs = this.#worksOff(connection);
    if (frameEnds) connection.heard();
    this.#count(messages, bytes.length);
    if (!this.#meters.tookMessage(connection, messages, bytes.length, nowMs)) return;
    const handled = this.#handled.get(connection);
    const onFragment = connection.home.handler?.onFragment;
    if (handled === undefined || onFragment === undefined) this.#tellFragment(connection, bytes, fragment);
    else this.#callHandler(connection, () => onFragment(handled, bytes, fragment));
  }

  /**
   * Has the application disconnect a peer, behind whatever it posts while it takes the peer's last messages.
   *
   * @returns false if it was told of none
   */
  askToDisconnect(connection: Connection): boolean {
    if (!connection.talked) return false;
    this.#parts.outbox.tell({ type: 'closing', info: connection.summary });
    this.#parts.wake();
    return true;
  }

  receivePing(connection: Connection, payload: Uint8Array): void {
    if (connection.closing) return; // as above
    const nowMs = this.#worksOff(connection);
    connection.heard();
    if (this.#meters.tookControlFrame(connection, nowMs)) connection.pong(payload);
  }

  receivePong(connection: Connection, payload: Buffer): void {
    if (connection.closing) return;
    const nowMs = this.#worksOff(connection);
    if (!connection.ponged(payload)) this.#meters.tookControlFrame(connection, nowMs);
  }

  /** A piece of a message with nothing in it: not worth telling, but it costs as much as another. */
  receiveEmptyFragment(connection: Connection): void {
    if (!connection.closing) this.#meters.tookControlFrame(connection, this.#worksOff(connection));
  }

  /** The application took what it was told: peers that waited for that are read again. */
  relieve(): void {
    this.#readingStopped = false;
    for (const connection of this.#waitingForCredit) connection.resume('credit');
    this.#waitingForCredit.clear();
  }

  /** Whether the application wants peers' messages. */
  forwardMessages(wanted: boolean): void {
    this.#forwarding = wanted;
  }

  /** The same of the pieces of messages, on channels that receive fragments. */
  forwardFragments(wanted: boolean): void {
    this.#forwardingFragments = wanted;
  }

  /** Whoever begins to listen gets no message from its middle on. */
  #tellFragment(connection: Connection, bytes: Uint8Array, fragment: FragmentInfo): void {
    if (fragment.first && this.#forwardingFragments) this.#toldFragments.add(connection);
    else if (fragment.first) this.#toldFragments.delete(connection);
    if (!this.#toldFragments.has(connection)) return;
    connection.talked = true;
    this.#parts.outbox.tellFragment(connection.summary, bytes, fragment);
    this.#told();
  }

  /** A frame of the peer is worked off. @returns the time */
  #worksOff(connection: Connection): number {
    if (this.#slice.spent()) connection.socket.giveWay();
    return this.#parts.scheduler.nowMs();
  }

  #count(messages: number, bytes: number): void {
    this.#parts.board.countHub(HubCounter.RECEIVED, messages);
    this.#parts.board.countHub(HubCounter.RECEIVED_BYTES, bytes);
  }

  #told(): void {
    if (this.#parts.outbox.full) this.#stopReading();
    this.#parts.wake();
  }

  /** The application is behind: nobody is read whose messages go to it. To stop only who sent would let each send once more. */
  #stopReading(): void {
    if (this.#readingStopped) return;
    this.#readingStopped = true;
    for (const connection of this.#parts.connections.values()) this.#holdBack(connection);
  }

  #holdBack(connection: Connection): void {
    if (connection.home.handlesInbound) return; // its messages do not go to the application
    this.#waitingForCredit.add(connection);
    connection.pause('credit');
  }

  /** Calls a function of a handler module. It may be asynchronous: then what it rejects with is its failure. */
  #callHandler(connection: Connection, call: () => unknown): void {
    try {
      const result = call();
      if (isThenable(result))
        result.then(undefined, (cause: unknown) => this.#handlerThrew(connection, cause));
    } catch (cause) {
      this.#handlerThrew(connection, cause);
    }
  }

  #handlerThrew(connection: Connection, cause: unknown): void {
    const message = `the handler of channel ${JSON.stringify(connection.home.name)} threw: ${describe(cause)}`;
    log.err(message, { connection: connection.id, kind: 'handler' });
    this.#parts.outbox.tell({
      type: 'error',
      code: HubErrorCode.HANDLER_THREW,
      message,
      cause: portable(cause),
    });
    connection.close(CloseCode.INTERNAL, 'internal error');
    this.#parts.wake();
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
}

function describe(thrown: unknown): string {
  try {
    return String((thrown as Error | undefined)?.message ?? thrown);
  } catch {
    return 'something without a text';
  }
}

/** What was thrown, fit to go to another thread. Anything can be thrown, also what cannot be cloned. */
function portable(thrown: unknown): unknown {
  try {
    return structuredClone(thrown);
  } catch {
    return describe(thrown);
  }
}
