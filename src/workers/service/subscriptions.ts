/**
 * The channels that one connection has: whose turn is next, and what of each goes before which private message.
 *
 * Thread: the service's.
 */
import type { Channel } from './channel';
import type { Connection } from './connection';
import type { Subscription } from './subscription';

export class Subscriptions implements Iterable<Subscription> {
  readonly #connection: Connection;
  readonly #all: Subscription[] = [];
  #next = 0;
  /** Whose bytes `take` gave last. */
  taken: Subscription | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  [Symbol.iterator](): Iterator<Subscription> {
    return this.#all[Symbol.iterator]();
  }

  /** Names of the channels that it gets now. */
  get channels(): string[] {
    return this.#all.filter(({ live }) => live).map(({ channel }) => channel.name);
  }

  get lagBytes(): number {
    return this.#all.reduce((sum, { lagBytes }) => sum + lagBytes, 0);
  }

  get lagMessages(): number {
    return this.#all.reduce((sum, { lagMessages }) => sum + lagMessages, 0);
  }

  /** Bytes of memory that are there for them, if perhaps not for them alone. */
  get pinnedBytes(): number {
    return this.#all.reduce((sum, { pinnedBytes }) => sum + pinnedBytes, 0);
  }

  /** The one that holds most. */
  get heaviest(): Subscription | undefined {
    return this.#all.reduce<Subscription | undefined>(
      (most, one) => (most !== undefined && most.pinnedBytes >= one.pinnedBytes ? most : one),
      undefined,
    );
  }

  /** Whether everything of the channels is written. */
  get flushed(): boolean {
    return this.#all.every(({ behind }) => !behind);
  }

  has(channel: Channel): boolean {
    return this.#all.some((subscription) => subscription.channel === channel && subscription.live);
  }

  /** Whether there is no room for a further one. Those that have ended and wait to be written count from as many again on. */
  full(most: number): boolean {
    if (this.#all.length < most) return false;
    return this.#all.length >= 2 * most || this.channels.length >= most;
  }

  /**
   * @param privateMessages how many wait: all of them go before what is published from now on
   * @returns false if it had the channel already
   */
  add(channel: Channel, nowMs: number, privateMessages: number): boolean {
    const earlier = this.#all.filter((subscription) => subscription.channel === channel).pop();
    if (earlier?.live) return false;
    if (earlier !== undefined && channel.reopen(earlier)) return true;
    const subscription = channel.subscribe(this.#connection, nowMs);
    subscription.after = earlier;
    for (let waiting = 0; waiting < privateMessages; waiting++) subscription.barriers.push(placeIn(channel));
    this.#all.push(subscription);
    return true;
  }

  /** What was published before still comes. @returns false if it did not have the channel */
  end(channel: Channel): boolean {
    const subscription = this.#all.find((candidate) => candidate.channel === channel && candidate.live);
    if (subscription === undefined) return false;
    channel.end(subscription);
    return true;
  }

  endAll(): void {
    for (const { live, channel } of this.#all.slice()) if (live) this.end(channel);
  }

  /** What the next one in turn has to write; `taken` says whose it is. */
  take(): Buffer | undefined {
    const count = this.#all.length;
    for (let tried = 0; tried < count; tried++) {
      if (this.#next >= count) this.#next = 0;
      const subscription = this.#all[this.#next++];
      const view = subscription.take();
      if (view === undefined) continue;
      this.taken = subscription;
      return view;
    }
    return undefined;
  }

  /** Another private message waits: what the channels have by now goes before it. */
  addBarrier(): void {
    for (const { barriers, channel } of this.#all) barriers.push(placeIn(channel));
  }

  /** The private messages that had waited longest are written. */
  passBarriers(count: number): void {
    for (const { barriers } of this.#all) barriers.splice(0, count);
  }

  /** Private messages are dropped; their indices, highest first. */
  dropBarriers(indices: readonly number[]): void {
    for (const { barriers } of this.#all) for (const index of indices) barriers.splice(index, 1);
  }

  /** Whether no channel has anything between the private message at `index` and the oldest one. */
  sameBarrier(index: number): boolean {
    return this.#all.every(({ barriers }) => barriers[index].position === barriers[0].position);
  }

  /** Lets go of those that have ended and are written to their end. */
  dropFinished(): void {
    for (let index = this.#all.length - 1; index >= 0; index--) {
      const subscription = this.#all[index];
      if (subscription.live || subscription.behind) continue;
      this.#all.splice(index, 1);
      subscription.channel.remove(subscription);
    }
  }

  /** Lets go of all of them. What is not written is abandoned. */
  abandon(): void {
    for (const subscription of this.#all.splice(0)) subscription.channel.remove(subscription);
  }
}

function placeIn({ log }: Channel): { position: number; sequence: number } {
  return { position: log.head, sequence: log.sequence };
}
