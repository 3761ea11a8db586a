/**
 * A channel: its log, who subscribes to it, and what happens to those who fall behind.
 *
 * Thread: the service's. It touches no socket: connections flush themselves.
 */
import { type Board, ChannelCounter } from '../../shared/board';
import type { ChannelPolicy } from '../../shared/options';
import { ChannelLog } from './channel-log';
import type { Connection } from './connection';
import type { Opcode } from './frame';
import type { HandlerModule } from './handler-module';
import type { SlabPool } from './log-slab';
import { type Excess, exceeds, isFarBehind } from './slow/lag';
import { Subscription } from './subscription';
import { LogTickets, type TellSettled, type TicketOwner } from './tickets';

export class Channel {
  readonly name: string;
  /** Its number on the board. */
  readonly number: number;
  readonly policy: ChannelPolicy;
  readonly log: ChannelLog;
  readonly handler: HandlerModule | undefined;
  /** Whether the options name it: then it stays when nobody subscribes. */
  readonly configured: boolean;
  /** Open connections whose home this is: their private messages are counted here, whether or not they subscribe. */
  residents = 0;

  readonly #board: Board;
  readonly #tickets: LogTickets;
  readonly #tell: TellSettled;
  readonly #subscriptions: Subscription[] = [];
  #live = 0;
  /** How many subscriptions the present pass still has to visit, and where it is. */
  #unvisited = 0;
  #next = 0;

  constructor(
    name: string,
    number: number,
    policy: ChannelPolicy,
    handler: HandlerModule | undefined,
    configured: boolean,
    board: Board,
    pool: SlabPool,
    tell: TellSettled,
  ) {
    this.name = name;
    this.number = number;
    this.policy = policy;
    this.handler = handler;
    this.configured = configured;
    this.log = new ChannelLog(pool);
    this.#board = board;
    this.#tickets = new LogTickets(tell);
    this.#tell = tell;
  }

  /** Connections that get what is published now. */
  get subscribers(): number {
    return this.#live;
  }

  /** Whether its peers' messages go to its handler, and not to the application. */
  get handlesInbound(): boolean {
    const { handler, policy } = this;
    return (policy.receive === 'fragments' ? handler?.onFragment : handler?.onMessage) !== undefined;
  }

  /** Whether a pass over the subscriptions is not complete. */
  get fanningOut(): boolean {
    return this.#unvisited > 0;
  }

  /** Whether nobody needs it: neither for its messages nor to be counted in. */
  get idle(): boolean {
    return this.#subscriptions.length === 0 && this.residents === 0;
  }

  /** Appends one message for every subscriber. */
  publish(
    opcode: Opcode,
    source: Uint8Array,
    offset: number,
    length: number,
    nowMs: number,
    owner: TicketOwner | undefined,
  ): void {
    this.#board.count(this.number, ChannelCounter.POSTED, 1);
    if (this.#live === 0) {
      if (owner !== undefined) this.#tell(owner.tag, [owner.ticket, 0, 0, 0, 0, 0]);
      return;
    }
    this.log.append(opcode, source, offset, length, nowMs);
    this.#board.count(this.number, ChannelCounter.ADDRESSED, this.#live);
    if (owner !== undefined) this.#tickets.add(owner, this.log.sequence, this.#live);
    this.#unvisited = this.#subscriptions.length;
  }

  subscribe(connection: Connection, nowMs: number): Subscription {
    const subscription = new Subscription(connection, this, this.log.open(nowMs));
    subscription.index = this.#subscriptions.length;
    this.#subscriptions.push(subscription);
    // The pass goes round: it may come by this one before some that it still has to visit.
    if (this.#unvisited > 0) this.#unvisited++;
    this.#liveChanged(1);
    return subscription;
  }

  /** Nothing published from now on is for this subscription; what was published before still is. */
  end(subscription: Subscription): void {
    subscription.endPosition = this.log.head;
    subscription.endSequence = this.log.sequence;
    this.#liveChanged(-1);
  }

  /** Takes back an `end` behind which nothing was published. @returns false if something was */
  reopen(subscription: Subscription): boolean {
    if (subscription.endPosition !== this.log.head) return false;
    subscription.endPosition = Number.POSITIVE_INFINITY;
    subscription.endSequence = Number.POSITIVE_INFINITY;
    this.#liveChanged(1);
    return true;
  }

  /** Lets go of a subscription. What it had not written is abandoned. */
  remove(subscription: Subscription): void {
    if (subscription.live) this.#liveChanged(-1);
    const from = subscription.reader.sequence;
    const to = Math.min(subscription.endSequence, this.log.sequence);
    if (to > from) {
      this.#board.count(this.number, ChannelCounter.ABANDONED, to - from);
      this.#tickets.abandoned(from, to);
    }
    subscription.closed = true;
    subscription.reader.close();
    const last = this.#subscriptions.pop() as Subscription;
    if (last !== subscription) {
      this.#subscriptions[subscription.index] = last;
      last.index = subscription.index;
    }
    // One that moved may have been overtaken by the pass. To visit some twice does no harm.
    if (this.#unvisited > 0) this.#unvisited = this.#subscriptions.length;
  }

  /** Counts what a subscription's last write had. */
  written(subscription: Subscription): void {
    const from = subscription.reader.sequence;
    const messages = subscription.reader.written();
    this.#board.count(this.number, ChannelCounter.SENT, messages);
    this.#tickets.sent(from, from + messages);
  }

  /** Counts messages for one connection alone: they belong to its home channel. */
  countPrivate(counter: ChannelCounter, messages: number): void {
    this.#board.count(this.number, counter, messages);
  }

  /**
   * Goes on with the pass over the subscriptions: each idle connection gets what it has not got. Connections that are busy
   * writing go on by themselves.
   *
   * @param enough asked after each connection; true ends this go
   * @returns whether the pass is complete
   */
  fanOut(enough: () => boolean): boolean {
    while (this.#unvisited > 0) {
      if (this.#next >= this.#subscriptions.length) this.#next = 0;
      this.#unvisited--;
      this.#subscriptions[this.#next++].connection.flush();
      if (enough()) return this.#unvisited === 0;
    }
    return true;
  }

  /**
   * Whether some subscription may be past `fraction` of a limit: cheap, and never wrong when it says no. Ages are looked at
   * only if `nowMs` is given: they change slowly, and a quiet channel's log is old without anybody being behind.
   */
  mayLag(fraction: number, nowMs?: number): boolean {
    const { log } = this;
    return isFarBehind(
      this.policy,
      fraction,
      log.heldSpan,
      log.heldMessages,
      nowMs === undefined ? 0 : nowMs - log.heldSinceMs,
    );
  }

  /** Calls `found` for each subscription that is past `fraction` of a limit, until it returns false. */
  findLagging(
    fraction: number,
    nowMs: number,
    found: (subscription: Subscription, excess: Excess) => boolean,
  ): void {
    for (const subscription of this.#subscriptions.slice()) {
      if (subscription.closed) continue;
      const excess = exceeds(
        this.policy,
        fraction,
        subscription.lagBytes,
        subscription.lagMessages,
        subscription.lagMs(nowMs),
      );
      if (excess !== undefined && !found(subscription, excess)) return;
    }
  }

  #liveChanged(change: number): void {
    this.#live += change;
    this.#board.setSubscribers(this.number, this.#live);
  }
}
