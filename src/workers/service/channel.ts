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
import { Ledger } from './ledger';
import type { SlabPool } from './log-slab';
import { Conflation } from './slow/conflation';
import { type Excess, exceeds, isFarBehind } from './slow/lag';
import { Subscription } from './subscription';
import type { TellSettled, TicketOwner } from './tickets';

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
  /** Which messages are the newest of their keys; undefined: it does not matter here. */
  readonly conflation: Conflation | undefined;
  readonly ledger: Ledger;
  /** Those that do not get every message now. */
  readonly slow = new Set<Subscription>();

  readonly #board: Board;
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
    this.ledger = new Ledger(board, number, tell);
    this.conflation = policy.slow === 'conflate' ? new Conflation(this.log, pool) : undefined;
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

  /**
   * Appends one message for every subscriber.
   *
   * @param key undefined: it has none, or the channel does not conflate
   */
  publish(
    opcode: Opcode,
    source: Uint8Array,
    offset: number,
    length: number,
    nowMs: number,
    owner: TicketOwner | undefined,
    key?: string,
  ): void {
    this.ledger.count(ChannelCounter.POSTED, 1);
    if (this.#live === 0) {
      this.ledger.nobody(owner);
      return;
    }
    this.log.append(opcode, source, offset, length, nowMs);
    this.conflation?.add(key, nowMs);
    this.ledger.addressed(this.log.sequence, this.#live, owner);
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
    subscription.slow?.end();
    subscription.endPosition = this.log.head;
    subscription.endSequence = this.log.sequence;
    subscription.endNewest = { position: this.log.newestPosition, sequence: this.log.sequence - 1 };
    this.#liveChanged(-1);
  }

  /** Takes back an `end` behind which nothing was published. @returns false if something was */
  reopen(subscription: Subscription): boolean {
    if (subscription.endPosition !== this.log.head || subscription.slow !== undefined) return false;
    subscription.endPosition = Number.POSITIVE_INFINITY;
    subscription.endSequence = Number.POSITIVE_INFINITY;
    this.#liveChanged(1);
    return true;
  }

  /** Lets go of a subscription. What it had not written is abandoned. */
  remove(subscription: Subscription): void {
    if (subscription.live) this.#liveChanged(-1);
    subscription.close();
    const last = this.#subscriptions.pop() as Subscription;
    if (last !== subscription) {
      this.#subscriptions[subscription.index] = last;
      last.index = subscription.index;
    }
    // One that moved may have been overtaken by the pass. To visit some twice does no harm.
    if (this.#unvisited > 0) this.#unvisited = this.#subscriptions.length;
    if (this.#subscriptions.length === 0) this.conflation?.forget();
  }

  /** Counts messages for one connection alone: they belong to its home channel. */
  countPrivate(counter: ChannelCounter, messages: number): void {
    this.ledger.count(counter, messages);
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
   * Whether some subscription may be past `fraction` of a limit, by what is not written: cheap, and never wrong when it says no. Ages are looked at
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
    // From the end: what `found` lets go of is replaced by one that was visited.
    for (let index = this.#subscriptions.length - 1; index >= 0; index--) {
      const subscription = this.#subscriptions[index];
      if (subscription === undefined || subscription.reader.parked) continue;
      // One that is not writing waits for its turn, not we for it: a burst that fills a turn makes nobody slow.
      const waits = this.policy.slow !== 'wait' && !subscription.connection.life.write.underway;
      const excess = exceeds(
        this.policy,
        fraction,
        (waits ? 0 : subscription.lagBytes) + subscription.unreadBytes,
        (waits ? 0 : subscription.lagMessages) + subscription.unreadMessages,
        Math.max(subscription.lagMs(nowMs), subscription.unreadMs(nowMs)),
      );
      if (excess !== undefined && !found(subscription, excess)) return;
    }
  }

  #liveChanged(change: number): void {
    this.#live += change;
    this.#board.setSubscribers(this.number, this.#live);
  }
}
