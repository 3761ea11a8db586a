/**
 * A connection: one gate through which everything for one peer's socket passes, one write at a time.
 *
 *     control frame (pong, ping)     ─┐
 *     channel log up to the barrier  ─┼─▶ one write in flight ─▶ socket
 *     private messages               ─┘
 *
 * While a write is under way nothing is queued for the channels' messages: they stay in the log, and the next write takes
 * all that came meanwhile. Private messages and control frames wait here, between frames and in order.
 *
 * A private message that is sent in fragments keeps its barriers until its last frame is written: so what the channels have
 * behind it waits, in the log, and only control frames pass.
 *
 * Thread: the service's.
 */
import { ChannelCounter } from '../../shared/board';
import { CloseCode } from '../../shared/close-codes';
import type { ConnectionSummary } from '../../shared/inbound';
import { log } from '../../shared/log';
import type { Channel } from './channel';
import type { ConnectionHost } from './connection-host';
import { encodeFragment, encodeFrame, Opcode } from './frame';
import { PeerLife } from './life/peer-life';
import { LOOK_MS } from './life/peer-watch';
import { ReadProgress } from './life/read-progress';
import type { WheelItem } from './life/time-wheel';
import type { PeerSocket } from './peer-socket';
import { PongQueue } from './pong-queue';
import { type FrameSettled, type MessageSender, PrivateQueue } from './private-queue';
import type { PauseReason } from './reading';
import type { Subscription } from './subscription';
import { Subscriptions } from './subscriptions';
import { frameSettler, type TicketOwner } from './tickets';

export class Connection implements WheelItem {
  readonly id: number;
  /** The channel that its handshake named. */
  readonly home: Channel;
  readonly socket: PeerSocket;
  readonly connectedAt: number;
  readonly #host: ConnectionHost;
  readonly #subscriptions = new Subscriptions(this);
  readonly privateQueue: PrivateQueue;
  /** Whether the engine has it in its list of connections to flush. */
  queued = false;
  /** For an observer: when it was told of the write under way. */
  handedNs = 0;
  readonly #pongs = new PongQueue();
  #pingWanted = false;
  /** Its place among those that are looked at in time. */
  dueMs = Number.POSITIVE_INFINITY;
  slot = 0;
  index = 0;
  readonly life: PeerLife;
  /** What of its private messages is written, and read. */
  readonly privateRead = new ReadProgress();

  #writingBytes = 0;
  /** What the write under way is made of: a subscription's log; else private messages, or a control frame. */
  #writingFrom: Subscription | undefined;
  #closing = false;
  /** How it ends for what the peer sent, a close frame or a fault: so we close it once all that is for the peer is flushed. */
  farewell: { code: number; reason: string } | undefined;
  /** Whether the application was told something that the peer sent, and may have an answer to it. */
  talked = false;
  /** How we closed it, if we did. */
  closedWith: { code: number; reason: string } | undefined;
  readonly #onWritten = (failed: boolean): void => this.#written(failed);

  /** One object for the connection's life: batches to the application repeat it by reference. */
  readonly summary: ConnectionSummary;
  /** To be closed like this once everything before is flushed. */
  #finish: { code: number; reason: string } | undefined;

  constructor(id: number, home: Channel, socket: PeerSocket, host: ConnectionHost, identity?: unknown) {
    this.id = id;
    this.home = home;
    this.socket = socket;
    this.#host = host;
    this.privateQueue = new PrivateQueue((change) => host.privateBytesChanged(change));
    this.life = new PeerLife(id, socket, home.policy.acknowledge, host.nowMs());
    this.connectedAt = Date.now();
    this.summary = { id, channel: home.name, remoteAddress: socket.remoteAddress };
    if (identity !== undefined) this.summary.identity = identity;
  }

  get closing(): boolean {
    return this.#closing;
  }

  /** Whether it is closing, or will as soon as it is flushed: nothing new is for it. */
  get finishing(): boolean {
    return this.#closing || this.#finish !== undefined;
  }

  get channels(): string[] {
    return this.#subscriptions.channels;
  }

  get subscriptions(): Iterable<Subscription> {
    return this.#subscriptions;
  }

  /** Bytes that are for it and not handed to its socket. */
  get lagBytes(): number {
    return this.#subscriptions.lagBytes + this.privateQueue.bytes;
  }

  get lagMessages(): number {
    return this.#subscriptions.lagMessages + this.privateQueue.length;
  }

  /** Bytes of memory that are there for it, if perhaps not for it alone. */
  get pinnedBytes(): number {
    return this.#subscriptions.pinnedBytes + this.privateQueue.cost;
  }

  /** The subscription that most of it is for. */
  get heaviest(): Subscription | undefined {
    return this.#subscriptions.heaviest;
  }

  /** Whether its pong is late: then what is behind that ping is known not to be read. */
  get late(): boolean {
    return this.life.acknowledgements.late;
  }

  get nowMs(): number {
    return this.#host.nowMs();
  }

  /** For how long the peer is known not to have read what is written, in ms. */
  lateMs(nowMs: number): number {
    const { unreadSinceMs } = this.life.acknowledgements;
    return unreadSinceMs === undefined ? 0 : nowMs - unreadSinceMs;
  }

  /** @returns false if it had the channel already, or has as many as it may */
  subscribe(channel: Channel): boolean {
    if (this.finishing || this.has(channel)) return false;
    if (this.#subscriptions.full(this.#host.maxSubscriptions())) {
      const about = { connection: this.id, kind: 'subscriptions' };
      log.warn('not subscribed to a further channel: it has as many as maxSubscriptions allows', about);
      return false;
    }
    return this.#subscriptions.add(channel, this.#host.nowMs(), this.privateQueue.length);
  }

  /** Whether it gets what is published to the channel now. */
  has(channel: Channel): boolean {
    return this.#subscriptions.has(channel);
  }

  /** What was published before still comes. @returns false if it did not have the channel */
  unsubscribe(channel: Channel): boolean {
    if (!this.#subscriptions.end(channel)) return false;
    if (!this.life.write.underway) this.#subscriptions.dropFinished();
    return true;
  }

  /** Sends one message to this peer alone, behind everything its channels have by now. @returns false if it is closing */
  send(opcode: Opcode, payload: Uint8Array, owner?: TicketOwner | FrameSettled): boolean {
    return this.#addPrivate(encodeFrame(opcode, payload), frameSettler(owner, this.#host.tell));
  }

  /**
   * Begins a message to this peer alone that comes in fragments: in its place among all messages, as with `send`.
   *
   * @returns false if it is closing
   */
  beginMessage(
    sender: MessageSender,
    opcode: Opcode,
    payload: Uint8Array,
    owner?: TicketOwner | FrameSettled,
  ): boolean {
    return this.#addPrivate(
      encodeFragment(opcode, payload, false),
      frameSettler(owner, this.#host.tell),
      sender,
    );
  }

  /** A further fragment. @returns false if it is closing, or the sender has no such message that is unfinished */
  continueMessage(
    sender: MessageSender,
    payload: Uint8Array,
    last: boolean,
    owner?: TicketOwner | FrameSettled,
  ): boolean {
    if (this.finishing) return false;
    const frame = encodeFragment(Opcode.CONTINUATION, payload, last);
    if (!this.privateQueue.extend(frame, frameSettler(owner, this.#host.tell), sender, last)) return false;
    this.#host.ready(this);
    return true;
  }

  /** Whether some message to this peer is unfinished. */
  get inMessage(): boolean {
    return this.privateQueue.unfinished;
  }

  /**
   * Sees to messages whose senders do not finish them. Of one that the peer has seen a part of nothing can be taken back, and
   * nothing else can be sent: the connection ends.
   */
  lookAtMessages(nowMs: number, maxGapMs: number, gone: (sender: MessageSender) => boolean): void {
    this.#dropUnfinished(gone);
    if (this.privateQueue.openIs(gone))
      this.close(CloseCode.INTERNAL, 'the sender of a message ended within it');
    else if (this.privateQueue.gapMs(nowMs) > maxGapMs)
      this.close(CloseCode.INTERNAL, `no further fragment of a message for ${maxGapMs} ms`);
  }

  /** Answers a ping. */
  pong(payload: Uint8Array): void {
    if (this.#closing) return;
    this.#pongs.add(payload);
    this.#host.ready(this);
  }

  /** Something came from the peer: it lives. */
  heard(): void {
    this.life.heard(this.#host.clockMs());
  }

  /** A pong came. @returns whether it answers one of our pings; else it is no more than a sign of life */
  ponged(payload: Buffer): boolean {
    const wasLate = this.late;
    const ours = this.life.pong(payload, this.#host.clockMs());
    if (wasLate) {
      this.#host.ready(this); // what was held back until it has read may go
      this.#host.progressed();
    }
    return ours;
  }

  /** Pings the peer if that is due, and ends it if it does not answer. @returns when to look again, `Infinity`: not at all */
  look(nowMs: number, intervalMs: number, timeoutMs: number): number {
    const verdict = this.life.judge(nowMs, this.#host.pingSpacingMs(), intervalMs, timeoutMs);
    if (verdict === 'dead') {
      log.info(`ended: no pong within ${timeoutMs} ms`, { connection: this.id });
      this.terminate();
    } else if (verdict === 'ping' && !this.#pingWanted) {
      this.#pingWanted = true;
      this.#host.ready(this);
    }
    return this.life.nextLookMs(nowMs, intervalMs, timeoutMs);
  }

  /** Stops reading from the peer, until everybody who paused it has resumed it. */
  pause(by: PauseReason): void {
    this.life.pause(by, this.#host.realMs());
  }

  resume(by: PauseReason): void {
    const nowMs = this.#host.clockMs();
    if (this.life.resume(by, this.#host.realMs(), nowMs)) this.#host.watch(this, nowMs);
  }

  /** Writes what is due, if no write is under way. Control frames first, then the log up to each private message, then it. */
  flush(): void {
    if (this.life.write.underway || this.#closing) return;
    const control = this.#pongs.take() ?? (this.#pingWanted ? this.#takePing() : undefined);
    if (control !== undefined) {
      this.#begin(control, false);
      return;
    }
    const view = this.#subscriptions.take();
    if (view !== undefined) {
      const subscription = this.#subscriptions.taken as Subscription;
      this.#writingFrom = subscription;
      this.#host.observer?.handed(this, subscription);
      this.#begin(view, true);
      return;
    }
    if (this.privateQueue.length > 0) this.#writePrivate();
    else if (this.#finish !== undefined) this.close(this.#finish.code, this.#finish.reason);
  }

  /** Closes as soon as everything that is for this peer by now is flushed. Nothing new is for it from now on. */
  finish(code: number, reason: string): void {
    if (this.#closing || this.#finish !== undefined) return;
    const how = this.farewell ?? { code, reason };
    this.#dropUnfinished(() => true);
    if (this.privateQueue.open) {
      this.close(how.code, how.reason); // whatever is behind the message that nobody can finish now cannot be sent
      return;
    }
    this.#finish = how;
    this.#subscriptions.endAll();
    if (!this.life.write.underway) this.#subscriptions.dropFinished();
    this.#host.ready(this);
  }

  /** Starts the closing handshake at once. What is not written yet is abandoned. */
  close(code: number, reason: string): void {
    if (this.#closing) return;
    this.closedWith = { code, reason };
    this.#abandon();
    this.socket.close(code, reason);
  }

  /** The same for a peer that does what it must not: nothing that it sends is looked at any more. */
  expel(code: number, reason: string): void {
    if (this.#closing) return;
    this.closedWith = { code, reason };
    this.#abandon();
    this.socket.expel(code, reason);
  }

  terminate(): void {
    this.#abandon();
    this.socket.terminate();
  }

  /** The socket is gone. */
  ended(): void {
    this.#abandon();
  }

  /** Whether everything for this peer is handed to its socket. */
  get flushed(): boolean {
    return !this.life.write.underway && this.privateQueue.length === 0 && this.#subscriptions.flushed;
  }

  #takePing(): Buffer {
    this.#pingWanted = false;
    return encodeFrame(Opcode.PING, this.life.acknowledgements.ask(this.#host.clockMs()));
  }

  /** @param data messages: a ping may follow at once, to ask whether they are read */
  #begin(bytes: Uint8Array, data: boolean): void {
    const nowMs = this.#host.nowMs();
    const asks = data && this.life.asksBehind(bytes.length, nowMs, this.#host.pingSpacingMs());
    this.#writingBytes = bytes.length;
    this.life.begins(nowMs);
    this.socket.write(bytes, this.#onWritten, asks ? this.#takePing() : undefined);
    this.life.begun();
    if (this.dueMs > nowMs + LOOK_MS) this.#host.watch(this, nowMs + LOOK_MS);
  }

  /** All channels are written up to the oldest private message: it is its turn, and that of those with the same place. */
  #writePrivate(): void {
    const bytes = this.privateQueue.take((index) => this.#subscriptions.sameBarrier(index));
    if (bytes !== undefined) this.#begin(bytes, true);
  }

  #written(failed: boolean): void {
    const nowMs = this.#host.nowMs();
    this.life.ended(failed, nowMs);
    if (this.#closing || failed) return; // counted as abandoned when it closed; a failed write is followed by `ended`
    if (this.#writingFrom !== undefined) {
      const subscription = this.#writingFrom;
      this.#writingFrom = undefined;
      this.#host.observer?.written(this, subscription);
      const messages = subscription.written();
      this.life.wrote(subscription.read, this.#writingBytes, messages, nowMs);
    } else if (this.privateQueue.writing) {
      const finished = this.privateQueue.written(nowMs);
      this.home.countPrivate(ChannelCounter.SENT, finished);
      this.#subscriptions.passBarriers(finished);
      this.life.wrote(this.privateRead, this.#writingBytes, finished, nowMs);
    }
    if (this.life.acknowledgements.asking) this.life.asked(this.#host.clockMs());
    this.#subscriptions.dropFinished();
    const due = !this.#pongs.empty || this.#pingWanted || this.#finish !== undefined;
    if (due || !this.flushed) this.#host.ready(this);
    this.#host.progressed();
  }

  /** @returns false if it is closing */
  #addPrivate(frame: Buffer, settled: FrameSettled | undefined, sender?: MessageSender): boolean {
    if (this.finishing) return false;
    this.home.countPrivate(ChannelCounter.ADDRESSED, 1);
    this.privateQueue.add(frame, settled, sender);
    this.#subscriptions.addBarrier();
    this.#host.ready(this);
    return true;
  }

  #dropUnfinished(gone: (sender: MessageSender) => boolean): void {
    const dropped = this.privateQueue.dropUnfinished(gone);
    if (dropped.length === 0) return;
    this.home.countPrivate(ChannelCounter.ABANDONED, dropped.length);
    this.#subscriptions.dropBarriers(dropped);
    this.#host.ready(this); // others may have waited behind them
  }

  #abandon(): void {
    if (this.#closing) return;
    this.#closing = true;
    const abandoned = this.privateQueue.clear();
    if (abandoned > 0) this.home.countPrivate(ChannelCounter.ABANDONED, abandoned);
    this.#subscriptions.abandon();
    this.life.acknowledgements.clear();
    this.#pongs.clear();
    this.#pingWanted = false;
  }
}
