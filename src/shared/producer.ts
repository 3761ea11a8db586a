/**
 * `ringcast/producer`: a thread's way to post messages to a hub.
 *
 * Thread: a `Producer` belongs to the thread that attached it. It never touches a socket and needs no event loop to post.
 * This entry loads neither ws nor piscina, so that a worker starts in a few milliseconds.
 */
import { isUtf8 } from 'node:buffer';
import { threadId, workerData } from 'node:worker_threads';
import { Board } from './board';
import { encodeChannelName, isChannelAllowed } from './channel-name';
import { HubError, HubErrorCode } from './errors';
import { joinLog } from './log';
import { type FragmentPlace, type MessageOptions, OutgoingMessage } from './outgoing-message';
import {
  checkConnectionId,
  checkLaneBytes,
  checkTimeout,
  DEFAULT_TIMEOUT_MS,
  encodeKey,
  fragmentKind,
  kindOf,
} from './post-checks';
import type { PostOptions, ProducerOptions, TrackedPost, WaitOptions } from './post-options';
import { maxPayloadBytesOf, type ProducerHandle } from './producer-handle';
import { attachToRing, type RingAttachment } from './ring/attach';
import { KeeperLine } from './ring/keeper-line';
import { RingMemory, Word } from './ring/layout';
import { NO_GATE, type PostResult, type RecordExtras } from './ring/producer';
import { CHANNEL_BY_NAME, RecordKind } from './ring/record';
import { type Attempt, RoomWaiter } from './ring/room';
import { fateLost, type SettledTicket, type Settlement, TicketBook } from './settlements';

export { HubError, HubErrorCode } from './errors';
export { LogLevel, type LogLevels, type LogTags, log, setLogLevel } from './log';
export { type MessageOptions, OutgoingMessage } from './outgoing-message';
export type { PostOptions, ProducerOptions, TrackedPost, WaitOptions } from './post-options';
export type { ProducerHandle } from './producer-handle';
export type { PostResult } from './ring/producer';
export type { Settlement } from './settlements';
export { type HubStats, readStats } from './stats';

/** Messages in fragments are numbered, and their numbers come round. */
const LAST_MESSAGE_NUMBER = 2 ** 31 - 1;

interface ChannelReference {
  /** The channel's number, or `CHANNEL_BY_NAME` as long as it has none. */
  number: number;
  readonly name: Uint8Array;
  /** The board's version when the number was last looked up. */
  boardVersion: number;
}

/** Posts this thread's messages to a hub. Made by `attachProducer`. */
export class Producer {
  /** The longest payload that can be posted, in bytes. */
  readonly maxPayloadBytes: number;

  readonly #handle: ProducerHandle;
  readonly #ring: RingMemory;
  /** How much of the lane this producer may fill. */
  readonly #laneBytes: number;
  readonly #board: Board;
  readonly #attachment: RingAttachment | undefined;
  readonly #line: KeeperLine | undefined;
  readonly #room: RoomWaiter | undefined;
  readonly #channels = new Map<string, ChannelReference>();
  readonly #tickets: TicketBook;
  /** Requests that wait for room. While there are any, a post is refused: it must not overtake them. */
  #waitingRequests = 0;
  #lastMessage = 0;

  constructor(handle: ProducerHandle, options: ProducerOptions = {}) {
    this.#handle = handle;
    joinLog(handle.log, `producer ${threadId}`);
    this.#ring = new RingMemory(handle.ring);
    this.#board = new Board(handle.board);
    this.#laneBytes = checkLaneBytes(options.laneBytes, this.#ring.laneBytes);
    this.maxPayloadBytes = maxPayloadBytesOf(this.#laneBytes);
    this.#tickets = new TicketBook(
      () => this.#line?.ref(), // an answer is due: keep this thread alive for it
      () => this.#quiet(),
    );
    this.#attachment = attachToRing(this.#ring, handle.ringId, { laneBytes: this.#laneBytes });
    if (this.#attachment === undefined) return; // the hub is closed: every post says so
    this.#room = new RoomWaiter(this.#attachment.producer);
    this.#line = new KeeperLine(this.#ring, handle.ringId, this.#attachment, {
      message: (settled) => this.#tickets.settle(settled as SettledTicket[]),
      takenOver: (position) => {
        if (position !== null) this.#tickets.failTaken(position, fateLost(HubErrorCode.SERVICE_RESTARTED));
      },
      gone: () => this.#tickets.fail(fateLost(HubErrorCode.SERVICE_GONE)),
    });
  }

  /**
   * Posts one message to every connection of a channel.
   *
   * Never blocks and never throws for lack of room: a full ring is an answer. The bytes are copied before it returns, so
   * the caller may reuse them at once. What was posted before, by any thread, goes out before it.
   *
   * Thread: the one that attached this producer.
   *
   * @param channel its name, 1 to 255 bytes of UTF-8; the channel need not exist yet
   * @param data text (sent as a text frame) or bytes (binary frame), 0 to `maxPayloadBytes` long
   * @returns `'posted'`, `'full'` (try again, wait with `postWait`, or give up) or `'closed'`
   * @throws {RangeError} if `data` is longer than `maxPayloadBytes`, or the hub does not allow the channel
   * @throws {HubError} TOO_MANY_CHANNELS if the channel is new and the hub has no room for it
   *
   * @example
   * if (producer.post('ticks', tick) === 'full') missed++
   */
  post(channel: string, data: string | Uint8Array, options?: PostOptions): PostResult {
    const reference = this.#refer(channel);
    const kind = this.#kindOf(data, options);
    return this.#countIfRefused(reference, this.#try(reference, kind, data, extrasOf(reference, options)));
  }

  /**
   * Like `post`, but waits while there is no room. **Blocks this thread.**
   *
   * @returns `'full'` if there was no room for `timeoutMs`
   * @throws {Error} in the hub's service thread, which would wait for itself
   */
  postWait(channel: string, data: string | Uint8Array, options: WaitOptions = {}): PostResult {
    if (Atomics.load(this.#ring.words, Word.KEEPER_THREAD) - 1 === threadId) {
      throw new Error('postWait in the service thread would wait for itself: use post or postAsync there');
    }
    const timeoutMs = checkTimeout(options.timeoutMs);
    const reference = this.#refer(channel);
    const attempt = this.#attemptOf(reference, data, options);
    return this.#countIfRefused(reference, this.#room?.wait(attempt, timeoutMs) ?? 'closed');
  }

  /**
   * Like `post`, but waits while there is no room, without blocking: calls for one channel keep their order. The bytes
   * are copied when there is room: leave them alone until it resolves.
   *
   * @returns `'full'` if there was no room for `timeoutMs`
   */
  async postAsync(
    channel: string,
    data: string | Uint8Array,
    options: WaitOptions = {},
  ): Promise<PostResult> {
    const timeoutMs = checkTimeout(options.timeoutMs);
    const reference = this.#refer(channel);
    const attempt = this.#attemptOf(reference, data, options);
    const result = (await this.#room?.waitAsync(channel, attempt, timeoutMs)) ?? 'closed';
    return this.#countIfRefused(reference, result);
  }

  /**
   * Like `post`, and tells later what became of the message. Costs the service more than a plain post does: meant for
   * messages that matter one by one.
   *
   * @example
   * const { result, settled } = producer.postTracked('orders', order)
   * if (result === 'posted') console.log((await settled).sent, 'peers have it in their socket')
   */
  postTracked(channel: string, data: string | Uint8Array, options?: PostOptions): TrackedPost {
    const reference = this.#refer(channel);
    const kind = this.#kindOf(data, options);
    const extras = extrasOf(reference, options);
    // What can throw has thrown by now: a ticket that nobody settles would keep this thread alive.
    const { ticket, settled } = this.#tickets.open();
    const result = this.#countIfRefused(reference, this.#try(reference, kind, data, { ...extras, ticket }));
    if (result === 'posted') this.#posted(ticket);
    else this.#tickets.cancel(ticket);
    return { result, settled };
  }

  /**
   * Begins a message to one connection that is sent in fragments, and may be of any length. Its place among the peer's
   * messages is where its first fragment is written; what comes behind waits until its end.
   *
   * @throws {TypeError} if that is no connection's id
   *
   * @example
   * const message = producer.beginMessage(connectionId)
   * for await (const chunk of file) if (!(await message.write(chunk))) return // the connection is gone
   * await message.end()
   */
  beginMessage(connectionId: number, options?: MessageOptions): OutgoingMessage {
    checkConnectionId(connectionId);
    this.#lastMessage = (this.#lastMessage % LAST_MESSAGE_NUMBER) + 1;
    const number = this.#lastMessage;
    const send = async (bytes: Uint8Array, place: FragmentPlace) => {
      const kind = fragmentKind(place, options?.text === true);
      return (await this.request(kind, connectionId, undefined, bytes, number)).sent === 1;
    };
    return new OutgoingMessage(send, options, this.maxPayloadBytes);
  }

  /** Gives the lane back. What was posted is still sent; later posts answer `'closed'`. */
  close(): void {
    this.#attachment?.producer.close();
    this.#room?.retry(); // whoever waits learns of it now
    if (this.#tickets.empty) this.#line?.close();
    // Otherwise the port closes with the last ticket: the service still has answers for us.
  }

  /**
   * Sends a request about one connection through this thread's lane, so that it keeps its place among the posts.
   *
   * @internal for the hub
   * @param number what stands in the channel's place, if `channel` does not
   * @returns the service's answer; waits for room, in order
   */
  async request(
    kind: RecordKind,
    connectionId: number,
    channel: string | undefined,
    data: string | Uint8Array,
    number: number = CHANNEL_BY_NAME,
  ): Promise<Settlement> {
    checkConnectionId(connectionId);
    const named = kind === RecordKind.SUBSCRIBE || kind === RecordKind.UNSUBSCRIBE;
    const name = named ? this.#refer(channel as string).name : undefined; // whatever it is: it is checked there
    this.#checkPayload(data);
    const { ticket, settled } = this.#tickets.open();
    const extras: RecordExtras = { ticket, target: connectionId, name };
    let waiting = true;
    this.#waitingRequests++;
    const waitNoMore = () => {
      if (waiting) this.#waitingRequests--;
      waiting = false;
    };
    const attempt: Attempt = () => {
      const posted = this.#attachment?.producer.tryPost(kind, number, data, NO_GATE, extras) ?? 'closed';
      if (posted === 'posted') this.#posted(ticket);
      if (posted !== 'full') waitNoMore(); // at once, not a microtask later: the next post must not be refused for it
      return posted;
    };
    const waited = this.#room?.waitAsync(REQUESTS, attempt, DEFAULT_TIMEOUT_MS);
    const result = (await waited?.finally(waitNoMore)) ?? 'closed';
    if (result === 'posted') return settled;
    this.#tickets.cancel(ticket);
    if (result === 'closed') throw new HubError(HubErrorCode.CLOSED, 'the hub is closed');
    throw new HubError(
      HubErrorCode.BUSY,
      `no room in the hub's own lane for ${DEFAULT_TIMEOUT_MS} ms: the service thread is behind`,
    );
  }

  #refer(channel: string): ChannelReference {
    const known = this.#channels.get(channel);
    if (
      known !== undefined &&
      (known.number !== CHANNEL_BY_NAME || known.boardVersion === this.#board.version)
    )
      return known;
    return this.#lookUp(channel, known);
  }

  /** A channel that has no number yet is posted to by name, until the service has given it one. */
  #lookUp(channel: string, known: ChannelReference | undefined): ChannelReference {
    const name = known?.name ?? encodeChannelName(channel);
    if (!isChannelAllowed(this.#handle.channels, channel)) {
      const names = this.#handle.channels.names?.join(', ');
      throw new RangeError(
        `channel ${JSON.stringify(channel)} is not one of the hub's (${names}): add it, or '*', to the option channels`,
      );
    }
    const boardVersion = this.#board.version; // before the look: a change after it is looked at next time
    const number = this.#board.refer(name);
    if (number === undefined && this.#board.full) {
      throw new HubError(
        HubErrorCode.TOO_MANY_CHANNELS,
        `no room for channel ${JSON.stringify(channel)}: the hub has its ${this.#board.maxChannels} channels; raise maxChannels, or name your channels in the option channels`,
      );
    }
    const reference = { number: number ?? CHANNEL_BY_NAME, name, boardVersion };
    this.#channels.set(channel, reference);
    return reference;
  }

  /** Checks the message once; each call of the attempt then tries to post it. */
  #attemptOf(
    reference: ChannelReference,
    data: string | Uint8Array,
    options: PostOptions | undefined,
  ): Attempt {
    const kind = this.#kindOf(data, options);
    const extras = extrasOf(reference, options);
    return () => this.#try(reference, kind, data, extras);
  }

  #try(
    { number }: ChannelReference,
    kind: RecordKind,
    data: string | Uint8Array,
    extras: RecordExtras | undefined,
  ): PostResult {
    const producer = this.#attachment?.producer;
    if (producer === undefined) return 'closed';
    if (this.#waitingRequests > 0 && !producer.closed) return 'full';
    return producer.tryPost(kind, number, data, number === CHANNEL_BY_NAME ? NO_GATE : number, extras);
  }

  /** Checks a message, and says which kind of frame it is for. */
  #kindOf(data: string | Uint8Array, options: PostOptions | undefined): RecordKind {
    this.#checkPayload(data);
    if (typeof data === 'string') return RecordKind.TEXT;
    if (options?.text !== true) return RecordKind.BINARY;
    if (!isUtf8(data)) {
      throw new TypeError(
        `the ${data.length} bytes are not UTF-8, but text: true says so: a peer would close with 1007`,
      );
    }
    return RecordKind.TEXT;
  }

  #checkPayload(data: string | Uint8Array): void {
    const isString = typeof data === 'string';
    if (!isString && !(data instanceof Uint8Array)) {
      throw new TypeError(`data is ${kindOf(data)}: it must be a string or a Uint8Array`);
    }
    let bytes = isString ? data.length * 3 : data.length;
    if (bytes > this.maxPayloadBytes && isString) bytes = Buffer.byteLength(data);
    if (bytes > this.maxPayloadBytes) {
      throw new RangeError(
        `payload of ${bytes} bytes: the largest is ${this.maxPayloadBytes} bytes, with ${this.#laneBytes} bytes of a lane; raise ${this.#laneBytes < this.#ring.laneBytes ? 'laneBytes of attachProducer' : 'ring.laneBytes'}`,
      );
    }
  }

  #countIfRefused(reference: ChannelReference, result: PostResult): PostResult {
    if (result !== 'full') return result;
    this.#attachment?.producer.countRefusal();
    if (reference.number !== CHANNEL_BY_NAME) this.#board.countRefusal(reference.number);
    return result;
  }

  /** No answer is due any more: the port need not keep the thread alive, nor stay open for a producer that is closed. */
  #quiet(): void {
    this.#line?.unref();
    if (this.#attachment?.producer.closed) this.#line?.close();
  }

  /** Notes where the record ends that was posted last: a service thread that is restarted tells how far the one before it came. */
  #posted(ticket: number): void {
    if (this.#attachment !== undefined) this.#tickets.posted(ticket, this.#attachment.producer.position);
  }
}

/** The queue of the requests: they keep their order among themselves. Not a string, so it is no channel's name. */
const REQUESTS = Symbol('requests');

/**
 * Attaches this thread to a hub as a producer. There is no round trip: the first post may follow at once, also while the
 * service thread or the main thread is busy. However the thread ends, what it posted is sent and its lane comes back.
 *
 * @param handle from `hub.producerHandle()`; without it, `workerData.ringcast`, which `hub.createProducerPool` sets
 * @throws {TypeError} if there is no handle
 * @throws {RangeError} if `laneBytes` is out of its range
 * @throws {HubError} TOO_MANY_PRODUCERS if every lane of the hub has a producer
 *
 * @example
 * const producer = attachProducer(workerData.handle)
 * producer.post('ticks', JSON.stringify(tick))
 */
export function attachProducer(
  handle: ProducerHandle | undefined = handleOfThisThread(),
  options?: ProducerOptions,
): Producer {
  if (handle?.ringcast !== 1 || !(handle.ring instanceof SharedArrayBuffer)) {
    throw new TypeError(
      'no producer handle: pass hub.producerHandle() to this thread, as workerData.ringcast or as the argument of attachProducer',
    );
  }
  return new Producer(handle, options);
}

function handleOfThisThread(): ProducerHandle | undefined {
  return (workerData as { ringcast?: ProducerHandle } | null | undefined)?.ringcast;
}

/** What a record carries beside its payload; nothing, for most. */
function extrasOf(
  { number, name }: ChannelReference,
  options: PostOptions | undefined,
): RecordExtras | undefined {
  if (number !== CHANNEL_BY_NAME && options?.key === undefined) return undefined;
  return {
    name: number === CHANNEL_BY_NAME ? name : undefined,
    key: options?.key === undefined ? undefined : encodeKey(options.key),
  };
}
