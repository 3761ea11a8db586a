/**
 * The relay: what a process with connected producers has in place of a service thread. It takes what the threads of the
 * process posted and sends it to the hub, over a connection that it makes again when it breaks.
 *
 *     lanes of this process ─drain─▶ window ─socket─▶ the hub's lane for this process
 *                                       ◀── acknowledged
 *
 * Nothing on the way grows: a hub that takes nothing fills its socket; then the window fills (a lane's size), then nothing
 * is drained, and then posts answer `'full'`.
 *
 * Thread: the relay's, one in each process and hub.
 */
import { randomBytes } from 'node:crypto';
import { HubError, HubErrorCode } from '../../shared/errors';
import type { FrameReader } from '../../shared/foreign/frame-reader';
import { FrameKind, frameOf, type Welcome } from '../../shared/foreign/protocol';
import {
  type ConnectionState,
  type PlainFailure,
  type RelayMessage,
  type RelayStart,
  RelayStatus,
} from '../../shared/foreign/relay-start';
import { log } from '../../shared/log';
import { maxPayloadBytesOf } from '../../shared/producer-handle';
import { closeRing, Doorbell, KEEPER_SLOT } from '../../shared/ring';
import { Backoff } from './backoff';
import { isNoHub, Link } from './link';
import { Outgoing } from './outgoing';

/** How often the hub is told of refused posts. */
const UNPOSTED_EVERY_MS = 250;
/** After our goodbye the hub has this long to part. */
const GOODBYE_MS = 500;

export class Relay {
  readonly #start: RelayStart;
  readonly #status: RelayStatus;
  readonly #tell: (message: RelayMessage) => void;
  readonly #done: () => void;
  readonly #session = randomBytes(16).toString('hex');
  readonly #backoff: Backoff;
  readonly #giveUpAtMs: number;
  #link: Link | undefined;
  #outgoing: Outgoing | undefined;
  #doorbell: Doorbell | undefined;
  #connected = false;
  #scheduled = false;
  #closing = false;
  #saidGoodbye = false;
  #finished = false;
  /** The last trouble that was logged: the same one again is not. */
  #lastTrouble = '';
  /** The hub said that it closes: so the end of the connection is no accident. */
  #hubClosed = false;
  #reconnectTimer: NodeJS.Timeout | undefined;
  #deadlineTimer: NodeJS.Timeout | undefined;
  readonly #unpostedTimer: NodeJS.Timeout;
  readonly #hasWork = (): boolean => {
    this.#outgoing?.keeper.reclaim();
    return this.#outgoing?.consumer.hasWork() ?? false;
  };

  /** Connects for the first time. @param done called when it is over: let go of what keeps the thread alive */
  constructor(start: RelayStart, tell: (message: RelayMessage) => void, done: () => void) {
    this.#start = start;
    this.#status = new RelayStatus(start.status);
    this.#tell = tell;
    this.#done = done;
    this.#backoff = new Backoff(start.maxReconnectDelayMs);
    this.#giveUpAtMs = performance.now() + start.timeoutMs;
    this.#unpostedTimer = setInterval(() => this.#tellUnposted(), UNPOSTED_EVERY_MS);
    this.#connect();
  }

  /** The ring is closed: what was posted is still sent, and acknowledged, until the deadline. */
  close(deadlineMs: number): void {
    this.#closing = true;
    this.#deadlineTimer = setTimeout(() => this.#finish(undefined), deadlineMs);
    this.wake();
  }

  /** Sees to it that a turn comes soon. */
  wake(): void {
    if (this.#scheduled || this.#finished) return;
    this.#scheduled = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#scheduled = false;
    if (this.#finished || this.#outgoing === undefined) return;
    const { window, keeper } = this.#outgoing;
    this.#doorbell?.disarm();
    const records = this.#outgoing.drain();
    keeper.reclaim();
    if (this.#connected) window.sendTo((bytes) => this.#link?.send(bytes));
    if (records > 0) this.wake();
    // A full window sleeps until the hub acknowledges: what lies in the lanes waits.
    else if (window.roomBytes > 0 && this.#doorbell?.arm(this.#hasWork) === false) this.wake();
    if (this.#closing) this.#goOnClosing();
  }

  #connect(): void {
    const { socket, timeoutMs } = this.#start;
    const hello = { pid: process.pid, session: this.#session, next: this.#status.acknowledged + 1 };
    this.#hubClosed = false;
    this.#link = new Link(socket, hello, timeoutMs, {
      welcome: (welcome) => this.#welcomed(welcome),
      frame: (reader) => this.#heard(reader),
      end: (failure) => this.#ended(failure),
    });
  }

  #welcomed(welcome: Welcome): void {
    const first = this.#outgoing === undefined;
    const outgoing = this.#outgoing ?? this.#begin(welcome);
    const ours = maxPayloadBytesOf(outgoing.ring.laneBytes);
    const theirs = maxPayloadBytesOf(welcome.laneBytes);
    if (theirs < ours) {
      this.#link?.destroy(
        `the hub at ${this.#start.socket} takes payloads of ${theirs} bytes, the one before took ${ours}: give it the same ring.laneBytes, or connect anew`,
      );
      return;
    }
    outgoing.resume(welcome, (bytes) => this.#link?.send(bytes));
    this.#status.acknowledged = Math.max(this.#status.acknowledged, welcome.received);
    this.#status.connections++;
    this.#connected = true;
    this.#backoff.reset();
    this.#status.state = 'connected';
    if (first) this.#tell({ type: 'ready', handle: outgoing.handle });
    else {
      this.#lastTrouble = '';
      log.notice(`connected to the hub at ${this.#start.socket} again`);
      this.#tell({ type: 'state', state: 'connected', failure: undefined });
    }
    this.wake();
  }

  #begin(welcome: Welcome): Outgoing {
    const outgoing = new Outgoing(welcome, this.#start.maxProducers, () => this.wake());
    this.#doorbell = new Doorbell(outgoing.ring, KEEPER_SLOT, () => this.wake());
    this.#outgoing = outgoing;
    return outgoing;
  }

  #heard(reader: FrameReader): void {
    const { kind, bytes, start, end } = reader;
    switch (kind) {
      case FrameKind.ACK:
        this.#status.acknowledged = bytes.readDoubleLE(start);
        this.#outgoing?.window.acknowledge(this.#status.acknowledged);
        this.wake();
        break;
      case FrameKind.SETTLED:
        this.#outgoing?.settle(reader);
        if (this.#closing) this.wake();
        break;
      case FrameKind.GATE_SHUT:
      case FrameKind.GATE_OPEN:
        this.#outgoing?.moveGate(bytes.toString('utf8', start, end), kind === FrameKind.GATE_SHUT);
        break;
      case FrameKind.CLOSED:
        this.#hubClosed = true;
        break;
      default: // of a hub that knows more than we do
    }
  }

  /** The connection is over, or did not come about. */
  #ended(broken: HubError): void {
    const wasConnected = this.#connected;
    this.#link = undefined;
    this.#connected = false;
    if (this.#finished) return;
    const { reconnect, socket, waitForHub } = this.#start;
    const failure = this.#hubClosed
      ? new HubError(HubErrorCode.CLOSED, `the hub at ${socket} closed`)
      : broken;
    if (this.#outgoing === undefined) {
      if (waitForHub && isNoHub(failure) && performance.now() < this.#giveUpAtMs) this.#connectLater();
      else this.#abandon(failure);
    } else if (this.#saidGoodbye || (!reconnect && !this.#closing)) {
      this.#finish(this.#saidGoodbye ? undefined : failure);
    } else {
      if (wasConnected) this.#changeState('disconnected', failure);
      this.#logTrouble(failure);
      this.#connectLater();
    }
  }

  #connectLater(): void {
    const left =
      this.#outgoing === undefined ? this.#giveUpAtMs - performance.now() : Number.POSITIVE_INFINITY;
    this.#reconnectTimer = setTimeout(() => this.#connect(), Math.min(left, this.#backoff.nextDelayMs()));
  }

  #logTrouble({ message }: HubError): void {
    if (message === this.#lastTrouble) return;
    this.#lastTrouble = message;
    log.warn(`${message}; trying to connect again`);
  }

  /** Not while the hub does not read: counts can wait, and must not pile up. */
  #tellUnposted(): void {
    if (!this.#connected || this.#link?.busy !== false) return;
    const frame = this.#outgoing?.unpostedFrame();
    if (frame !== undefined) this.#link?.send(frame);
  }

  /** When the hub has everything, and has answered all that it was asked, we part. */
  #goOnClosing(): void {
    const outgoing = this.#outgoing;
    if (outgoing === undefined || !this.#connected || this.#saidGoodbye) return;
    if (outgoing.consumer.hasWork() || !outgoing.window.empty || outgoing.tickets > 0) return;
    this.#tellUnposted();
    this.#saidGoodbye = true;
    this.#link?.end(frameOf(FrameKind.GOODBYE, Buffer.alloc(0)));
    clearTimeout(this.#deadlineTimer);
    this.#deadlineTimer = setTimeout(() => this.#finish(undefined), GOODBYE_MS);
  }

  /** The first connection failed: there is nothing to end. */
  #abandon(failure: HubError): void {
    this.#finished = true;
    this.#letGo();
    this.#tell({ type: 'failed', failure: plain(failure) });
    this.#done();
  }

  /** It is over: posts answer `'closed'`, and what no hub has is lost. */
  #finish(failure: HubError | undefined): void {
    if (this.#finished || this.#outgoing === undefined) return;
    this.#finished = true;
    closeRing(this.#outgoing.ring);
    this.#status.lost = Math.max(0, this.#outgoing.count() - this.#status.acknowledged);
    if (this.#status.lost > 0)
      log.warn(
        `${this.#status.lost} messages for the hub at ${this.#start.socket} are lost: it did not take them`,
      );
    this.#changeState('closed', failure);
    this.#letGo();
    this.#done();
  }

  #letGo(): void {
    for (const timer of [this.#reconnectTimer, this.#deadlineTimer]) clearTimeout(timer);
    clearInterval(this.#unpostedTimer);
    this.#doorbell?.disarm();
    this.#outgoing?.keeper.close();
    this.#link?.destroy('over');
  }

  #changeState(state: ConnectionState, failure: HubError | undefined): void {
    this.#status.state = state;
    this.#tell({ type: 'state', state, failure: failure && plain(failure) });
  }
}

function plain({ code, message, cause }: HubError): PlainFailure {
  const { code: causeCode, message: causeMessage } = (cause ?? {}) as NodeJS.ErrnoException;
  return { code, message, cause: cause ? { code: causeCode, message: causeMessage } : undefined };
}
