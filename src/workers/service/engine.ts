/**
 * The engine: drains the ring, fans out, keeps every connection's rules. It composes the parts and owns the turn.
 *
 *     turn = drain (with a budget) → slow peers → fan-out (a slice) → answers
 *
 * It imports neither ws nor net: connections and time are handed in, so that tests drive it without sockets or time.
 *
 * Thread: the service's, alone.
 */
import { type Board, HubCounter } from '../../shared/board';
import { CloseCode } from '../../shared/close-codes';
import type { ClosePlan } from '../../shared/close-plan';
import type { ConnectionReport } from '../../shared/control';
import { log } from '../../shared/log';
import type { ResolvedHubOptions } from '../../shared/options';
import { Doorbell, type RingConsumer, type RingRecord, ringBell } from '../../shared/ring';
import type { SettledTicket } from '../../shared/settlements';
import type { Arrival } from './arrival';
import type { Channel } from './channel';
import { ChannelTable, type NoChannel } from './channel-table';
import { Closing } from './closing';
import { Connection } from './connection';
import type { ConnectionHost } from './connection-host';
import { reportConnection } from './connection-report';
import { drainWithin, type TurnLimits } from './drain-within';
import { Expiry } from './expiry';
import { FanOut, SLICE_MS } from './fan-out';
import { FencedLanes } from './fenced-lanes';
import { Goodbyes } from './goodbyes';
import type { HandlerModule } from './handler-module';
import { Inbound } from './inbound';
import { AttendedClock } from './life/attended-clock';
import { PeerWatch } from './life/peer-watch';
import type { EngineObserver } from './observer';
import { OpenMessages } from './open-messages';
import type { ApplicationOutbox } from './outbox';
import type { PeerSocket, Scheduler } from './peer-socket';
import { RecordTaker } from './record-taker';
import { SafetyNet } from './safety-net';
import { SettledAnswers } from './settled-answers';
import { SlowPeers } from './slow/slow-peers';

/** What one turn takes from the ring at most. More makes fan-out rarer and its writes larger; less makes it prompter. */
const DRAIN_BUDGET = { records: 4_096, payloadBytes: 1024 * 1024 };
/** How often slow peers and quiet connections are looked for. */
const SWEEP_MS = 250;
/** How often the safety net looks for a wake-up that was lost. */
const SAFETY_NET_MS = 1_000;

/** The producers' side, as far as the engine answers to it. `LaneKeeper` is one. */
export interface ProducerLink {
  tagOf(lane: number): number;
  tell(tag: number, message: unknown): void;
  lives(tag: number): boolean;
  reclaim(): void;
}

export interface EngineParts {
  consumer: RingConsumer;
  producers: ProducerLink;
  board: Board;
  /** Channels that are on the board already, if this engine takes over from a service thread that died. */
  channels?: readonly { channel: number; name: string }[];
  options: ResolvedHubOptions;
  /** Handler modules by file. */
  handlers: ReadonlyMap<string, HandlerModule>;
  scheduler: Scheduler;
  outbox: ApplicationOutbox;
  /** How many connections may be open now. */
  capacity: { readonly connections: number };
  /** The time of the calendar, for tokens that expire (default: `Date.now`). */
  wallNowMs?: () => number;
  observer?: EngineObserver;
  /** Told when the gate of a channel with `slow: 'wait'` shuts or opens. */
  onGate?(channel: string, shut: boolean): void;
}

export class Engine {
  readonly #parts: EngineParts;
  readonly #consumer: RingConsumer;
  readonly #board: Board;
  readonly #doorbell: Doorbell;
  readonly #channels: ChannelTable;
  readonly #connections = new Map<number, Connection>();
  readonly #fanOut: FanOut;
  readonly #slowPeers: SlowPeers;
  /** Messages to one peer that are sent in fragments. */
  readonly openMessages: OpenMessages;
  readonly #goodbyes: Goodbyes;
  /** What peers send, for handlers and for the application. */
  readonly inbound: Inbound;
  /** Connections that may stay until their token expires. */
  readonly #expiry: Expiry;
  /** Seats held for handshakes that wait to be admitted. */
  seatsHeld = 0;
  readonly #settled = new SettledAnswers();
  #lastConnectionId: number;
  readonly #clock: AttendedClock;
  readonly #watch: PeerWatch;
  #nowMs: number;
  #scheduled = false;
  #turns = 0;
  readonly #fencedLanes: FencedLanes;
  readonly #safetyNet: SafetyNet;
  #stopped = false;
  #closing: Closing | undefined;
  readonly #stopTimers: (() => void)[];
  readonly #host: ConnectionHost;
  readonly #take: (record: RingRecord) => void;
  /** The look between the bell and the sleep: whatever changes after it rings. */
  readonly #hasWork = (): boolean => {
    this.#parts.producers.reclaim();
    return this.#consumer.hasWork();
  };

  constructor(parts: EngineParts) {
    const { consumer, board, scheduler } = parts;
    this.#parts = parts;
    this.#consumer = consumer;
    this.#board = board;
    this.#clock = new AttendedClock(() => scheduler.nowMs());
    this.#nowMs = this.#clock.nowMs();
    this.#watch = new PeerWatch({ board, options: parts.options }, this.#nowMs);
    // Behind those of a service thread that died: an application that knows one of its connections must not hit another.
    this.#lastConnectionId = board.hubCounter(HubCounter.ACCEPTED);
    this.#doorbell = new Doorbell(consumer.ring, consumer.slot, () => this.wake());
    this.#host = {
      nowMs: () => this.#nowMs,
      realMs: () => scheduler.nowMs(),
      clockMs: () => this.#clock.nowMs(),
      pingSpacingMs: () => this.#watch.pingSpacingMs,
      watch: (connection, dueMs) => this.#watch.watch(connection, dueMs),
      tell: (tag, settled) => this.#settle(tag, settled),
      ready: (connection) => {
        this.#fanOut.ready(connection);
        this.wake();
      },
      progressed: () => {
        if (this.#slowPeers.gating) this.wake();
      },
      maxSubscriptions: () => parts.options.maxSubscriptions,
      privateBytesChanged: (bytes) => {
        this.#slowPeers.privateBytesChanged(bytes);
      },
      observer: parts.observer,
    };
    this.#fencedLanes = new FencedLanes(board);
    this.#safetyNet = new SafetyNet(board, () => this.#doorbell.armed && consumer.hasWork());
    this.#expiry = new Expiry(parts.wallNowMs ?? Date.now);
    const { options, handlers, channels = [] } = parts;
    this.#channels = new ChannelTable(board, options, handlers, this.#host.tell, channels);
    this.#fanOut = new FanOut(() => scheduler.nowMs());
    this.#slowPeers = new SlowPeers({
      ring: consumer.ring,
      slot: consumer.slot,
      board,
      pool: this.#channels.pool,
      connections: this.#connections,
      watch: this.#watch,
      maxOutboundBytes: () => parts.options.maxOutboundBytes,
      onGate: (channel, shut) => parts.onGate?.(channel, shut),
      ready: this.#host.ready,
      tellGap: (connection, gap) => this.inbound.missed(connection, gap),
      get deaf() {
        return parts.outbox.full;
      },
    });
    this.openMessages = new OpenMessages({
      maxFragmentGapMs: parts.options.maxFragmentGapMs,
      tagOf: (lane) => parts.producers.tagOf(lane),
      lives: (tag) => parts.producers.lives(tag),
    });
    const taker = new RecordTaker({
      nowMs: () => this.#nowMs,
      board,
      channels: this.#channels,
      connections: this.#connections,
      openMessages: this.openMessages,
      tagOf: (lane) => parts.producers.tagOf(lane),
      tell: this.#host.tell,
      begin: (channel) => this.#fanOut.begin(channel),
      observer: parts.observer,
    });
    this.#take = (record) => taker.take(record);
    this.inbound = new Inbound({
      scheduler,
      board,
      limits: parts.options,
      outbox: parts.outbox,
      connections: this.#connections,
      host: this,
      wake: () => this.wake(),
    });
    this.#goodbyes = new Goodbyes({
      nowMs: () => scheduler.nowMs(),
      closeTimeoutMs: () => parts.options.closeTimeoutMs,
      askApplication: (connection) => this.inbound.askToDisconnect(connection),
    });
    this.#stopTimers = [
      scheduler.every(SWEEP_MS, () => this.#sweep()),
      scheduler.every(SAFETY_NET_MS, () => {
        if (this.#safetyNet.look(this.#turns)) this.wake();
      }),
    ];
    this.wake();
  }

  /** Whether a further connection would be one too many, for the capacity or for the application. */
  get saturated(): boolean {
    const { capacity, outbox } = this.#parts;
    return this.#connections.size + this.seatsHeld >= capacity.connections || outbox.overfull;
  }

  /** Channels whose producers are told `'full'` now, because of slow peers. */
  get gatedChannels(): string[] {
    return this.#slowPeers.gatedChannels;
  }

  /** The channel `name`, made if need be. */
  channel(name: string): Channel | NoChannel {
    return this.#channels.named(name);
  }

  /** A peer came, by a handshake that named `channel`. Tell `ended` when its socket is gone, and `receive` what it sends. */
  connect(socket: PeerSocket, channel: Channel, arrival: Arrival = {}): Connection {
    this.#nowMs = this.#clock.nowMs();
    const connection = new Connection(
      ++this.#lastConnectionId,
      channel,
      socket,
      this.#host,
      arrival.identity,
    );
    this.#connections.set(connection.id, connection);
    this.#watch.watch(connection, this.#nowMs);
    channel.residents++;
    this.#board.setHub(HubCounter.CONNECTIONS, this.#connections.size);
    this.#board.countHub(HubCounter.ACCEPTED, 1);
    log.info(`opened by ${socket.remoteAddress} on channel ${JSON.stringify(channel.name)}`, {
      connection: connection.id,
    });
    connection.subscribe(channel);
    for (const other of arrival.others ?? []) connection.subscribe(other);
    if (arrival.expiresAtMs !== undefined) this.#expiry.set(connection, arrival.expiresAtMs);
    this.inbound.opened(connection, arrival.data);
    this.wake();
    return connection;
  }

  /**
   * The peer's close frame came, before one of ours; or it broke the protocol. It is closed with this code behind all that is
   * for it; `ended` follows.
   */
  concluded(connection: Connection, code: number, reason: string): void {
    this.#goodbyes.take(connection, code, reason);
  }

  /** A connection's socket is gone. */
  ended(connection: Connection, code: number, reason: string): void {
    if (!this.#connections.delete(connection.id)) return;
    if (code === CloseCode.ABNORMAL && connection.closedWith !== undefined) {
      ({ code, reason } = connection.closedWith); // the peer did not answer, but it was we who closed
    }
    log.info(`closed with ${code}${reason && `: ${reason}`}`, { connection: connection.id });
    connection.ended();
    this.#goodbyes.ended(connection);
    this.#slowPeers.ended(connection);
    this.#expiry.forget(connection);
    this.#watch.forget(connection);
    connection.home.residents--;
    this.#board.setHub(HubCounter.CONNECTIONS, this.#connections.size);
    this.inbound.ended(connection, code, reason);
    this.wake();
  }

  /** Puts off the end of a connection, or, infinite, takes it away. @returns false if the connection is gone */
  renew(connectionId: number, expiresAtMs: number): boolean {
    const connection = this.#connections.get(connectionId);
    if (connection === undefined || connection.finishing) return false;
    this.#expiry.set(connection, expiresAtMs);
    return true;
  }

  /** Options have changed: whoever waits for a time that they set is looked at now. */
  reconfigured(): void {
    this.#nowMs = this.#clock.nowMs();
    for (const connection of this.#connections.values()) this.#watch.watch(connection, this.#nowMs);
  }

  describeConnections(): ConnectionReport[] {
    const nowMs = this.#clock.nowMs();
    return Array.from(this.#connections.values(), (connection) => ({
      ...reportConnection(connection, nowMs),
      ...this.#expiry.report(connection),
    }));
  }

  /**
   * Ends in order: see `Closing`. The caller has closed the ring.
   *
   * @returns how many connections were ended by the deadline
   */
  async close(plan: ClosePlan): Promise<number> {
    const { scheduler } = this.#parts;
    const closing = new Closing(plan, {
      scheduler,
      connections: this.#connections,
      hasWork: () => this.#consumer.hasWork(),
      wake: () => this.wake(),
    });
    this.#closing = closing;
    await closing.done;
    this.stop();
    return closing.cut;
  }

  /** Ends at once: connections that are left are cut, and no turn comes any more. */
  stop(): void {
    if (this.#stopped) return;
    for (const connection of this.#connections.values()) connection.terminate();
    this.#closing?.abort();
    this.#stopped = true;
    for (const stop of this.#stopTimers) stop();
    this.#doorbell.disarm();
    ringBell(this.#consumer.ring, this.#consumer.slot); // the wait that is pending would hold the ring's memory for ever
    this.#tellAnswers();
  }

  /** Sees to it that a turn comes soon. */
  wake(): void {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    this.#parts.scheduler.soon(() => this.turn());
  }

  /**
   * One go of the service loop.
   *
   * @param limits for a host that turns the engine itself; without them, what suits a loop that has nothing else to do
   * @returns how much it did: records taken and connections visited
   */
  turn(limits?: TurnLimits): number {
    this.#scheduled = false;
    if (this.#stopped) return 0;
    this.#turns++;
    this.#board.beat();
    this.#doorbell.disarm();
    const startMs = this.#parts.scheduler.nowMs();
    this.#nowMs = this.#clock.nowMs();
    const endMs = startMs + (limits?.budgetMs ?? 0);
    const { observer } = this.#parts;
    observer?.draining();
    const records =
      limits === undefined
        ? this.#consumer.drain(this.#take, DRAIN_BUDGET)
        : drainWithin(this.#consumer, this.#take, limits, () => this.#parts.scheduler.nowMs(), startMs);
    observer?.drained();
    if (records > 0) this.#slowPeers.afterDrain(this.#fanOut.passes, this.#nowMs);
    const visited = this.#fanOut.go(limits === undefined ? SLICE_MS : endMs - this.#parts.scheduler.nowMs());
    if (this.#slowPeers.gating) this.#slowPeers.openGates(this.#nowMs);
    this.#tellAnswers();
    this.#parts.producers.reclaim();
    const { heldBytes, conflatedBytes } = this.#channels.pool;
    this.#board.setHub(HubCounter.LOG_BYTES, heldBytes + conflatedBytes);
    this.#board.countHub(HubCounter.TURNS, 1);
    this.#fencedLanes.look(this.#consumer.lanesFenced);
    this.#closing?.goOn();
    if (records > 0 || this.#fanOut.pending || !this.#doorbell.arm(this.#hasWork)) this.wake();
    return records + visited;
  }

  #settle(tag: number, settled: SettledTicket): void {
    this.#settled.add(tag, settled);
    this.wake();
  }

  #tellAnswers(): void {
    this.#parts.outbox.flush();
    this.#settled.tell((tag, tickets) => this.#parts.producers.tell(tag, tickets));
  }

  #sweep(): void {
    this.#board.beat();
    this.#nowMs = this.#clock.nowMs();
    for (const channel of this.#channels) {
      if (channel.idle && !this.#slowPeers.isGated(channel)) this.#channels.retire(channel);
    }
    this.#slowPeers.sweep(this.#channels, this.#nowMs);
    this.openMessages.sweep(this.#nowMs);
    this.#goodbyes.sweep(this.#parts.scheduler.nowMs());
    this.#expiry.sweep();
    this.#watch.sweep(this.#nowMs);
  }
}
