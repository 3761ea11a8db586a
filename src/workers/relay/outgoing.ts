/**
 * This process's side of the ring: takes records from the lanes of its threads, in their one order, and puts them into the
 * window as frames for the hub. Here the relay is what the service thread is in the hub's process: it numbers the channels,
 * moves their gates and answers the tickets, as the hub tells.
 *
 * Thread: the relay's.
 */
import { Board, ChannelCounter } from '../../shared/board';
import type { FrameReader } from '../../shared/foreign/frame-reader';
import {
  channelFrame,
  FRAME_HEAD_BYTES,
  FrameKind,
  MESSAGE_PREFIX_BYTES,
  numbersFrame,
  SETTLED_TICKET_BYTES,
  type Welcome,
  writeHead,
} from '../../shared/foreign/protocol';
import { createProducerHandle, type ProducerHandle } from '../../shared/producer-handle';
import {
  CHANNEL_BY_NAME,
  closeGate,
  KEEPER_SLOT,
  LaneKeeper,
  LaneWord,
  openGate,
  RecordKind,
  RingConsumer,
  RingMemory,
  type RingRecord,
  sumLanes,
} from '../../shared/ring';
import { MAX_RING_BYTES } from '../../shared/ring/layout';
import { FATE_UNKNOWN, type SettledTicket } from '../../shared/settlements';
import { Window } from './window';

/** What one turn takes from the lanes at most. */
const DRAIN_RECORDS = 4_096;
/** Tickets on the wire are positive 32-bit integers. */
const LAST_TICKET = 2 ** 31 - 1;
const NO_FRAME = Buffer.alloc(0);

interface OpenTicket {
  /** Who asked: the producer's tag and its own number for the ticket. */
  tag: number;
  ticket: number;
  /** Of the message. */
  sequence: number;
}

export class Outgoing {
  readonly handle: ProducerHandle;
  readonly ring: RingMemory;
  readonly consumer: RingConsumer;
  readonly keeper: LaneKeeper;
  readonly window: Window;
  readonly #board: Board;
  /** Channels by number, with their names as the hub must be told. */
  readonly #names: Uint8Array[] = [];
  readonly #numbers = new Map<string, number>();
  /** Up to this number the hub was told of the channels, in the window. */
  #announced = 0;
  readonly #gated = new Set<string>();
  readonly #tickets = new Map<number, OpenTicket>();
  #lastTicket = 0;
  #reported = 0;
  readonly #reportedByChannel: number[] = [];
  readonly #take = (record: RingRecord): void => this.#takeRecord(record);

  /**
   * @param welcome the hub's: lanes are as large here as there, so what fits here fits there
   * @param wake called when there is something to do that no record tells of
   */
  constructor(welcome: Welcome, maxProducers: number, wake: () => void) {
    const { laneBytes, maxChannels, channels } = welcome;
    this.ring = RingMemory.create({
      laneBytes,
      maxProducers: Math.min(maxProducers, Math.floor(MAX_RING_BYTES / laneBytes) - 1),
      gateCount: maxChannels,
    });
    this.#board = Board.create(maxChannels);
    this.handle = createProducerHandle(this.ring, this.#board, channels);
    this.keeper = new LaneKeeper(this.ring, this.handle.ringId, wake);
    this.consumer = RingConsumer.join(this.ring, KEEPER_SLOT);
    this.window = new Window(laneBytes);
  }

  /** Whether the hub still has to answer. */
  get tickets(): number {
    return this.#tickets.size;
  }

  /** Takes what fits into the window. @returns the number of records */
  drain(): number {
    const { roomBytes } = this.window;
    if (roomBytes <= 0) return 0;
    return this.consumer.drain(this.#take, { records: DRAIN_RECORDS, payloadBytes: roomBytes });
  }

  /** Nothing will be sent any more. @returns how many messages were ever posted, exactly: the ring is closed */
  count(): number {
    while (this.consumer.hasWork()) this.consumer.drain(() => {});
    return sumLanes(this.ring, LaneWord.DRAINED);
  }

  /** A hub has us: it has everything up to `received`, and knows no channel's number. */
  resume({ received, gated }: Welcome, send: (bytes: Uint8Array) => void): void {
    for (let number = 0; number < this.#announced; number++) send(channelFrame(number, this.#names[number]));
    this.window.rewind(received);
    this.#forgetTickets(received);
    for (const channel of [...this.#gated]) if (!gated.includes(channel)) this.moveGate(channel, false);
    for (const channel of gated) this.moveGate(channel, true);
  }

  moveGate(channel: string, shut: boolean): void {
    const number = this.#numberOf(Buffer.from(channel));
    if (number === undefined) return; // no thread can post to it either: the board has no place for it
    if (shut) {
      this.#gated.add(channel);
      closeGate(this.ring, number, KEEPER_SLOT);
    } else if (this.#gated.delete(channel)) openGate(this.ring, number, KEEPER_SLOT);
  }

  /** The hub told what became of messages. */
  settle({ bytes, start, end }: FrameReader): void {
    const byTag = new Map<number, SettledTicket[]>();
    for (let at = start; at + SETTLED_TICKET_BYTES <= end; at += SETTLED_TICKET_BYTES) {
      const number = (word: number) => bytes.readUInt32LE(at + word * 4);
      const open = this.#tickets.get(number(0));
      if (open === undefined) continue;
      this.#tickets.delete(number(0));
      const settled: SettledTicket = [open.ticket, number(1), number(2), number(3), number(4), number(5)];
      const others = byTag.get(open.tag);
      if (others === undefined) byTag.set(open.tag, [settled]);
      else others.push(settled);
    }
    for (const [tag, settled] of byTag) this.keeper.tell(tag, settled);
  }

  /** Posts that were answered `'full'` since it was last asked, as a frame for the hub; undefined: there were none. */
  unpostedFrame(): Buffer | undefined {
    const all = sumLanes(this.ring, LaneWord.REFUSED);
    if (all === this.#reported) return undefined;
    const numbers = [all - this.#reported];
    this.#reported = all;
    for (let number = 0; number < this.#announced; number++) {
      const refused = this.#board.refusals(number);
      const before = this.#reportedByChannel[number] ?? 0;
      if (refused !== before) numbers.push(number, refused - before);
      this.#reportedByChannel[number] = refused;
    }
    return numbersFrame(FrameKind.UNPOSTED, numbers);
  }

  #takeRecord(record: RingRecord): void {
    const { kind, payloadBytes, payloadOffset, keyBytes, keyOffset, bytes } = record;
    if (kind !== RecordKind.TEXT && kind !== RecordKind.BINARY) return; // requests are for the hub's own process
    const channel = this.#channelOf(record);
    const naming = channel === undefined ? this.#nameOverflow(record) : NO_FRAME;
    const bodyBytes = MESSAGE_PREFIX_BYTES + keyBytes + payloadBytes;
    const { bytes: frame, at } = this.window.reserve(naming.length + FRAME_HEAD_BYTES + bodyBytes, true);
    frame.set(naming, at);
    const head = at + naming.length;
    writeHead(frame, head, kind, keyBytes, bodyBytes);
    frame.writeUInt32LE(channel ?? this.#board.maxChannels, head + FRAME_HEAD_BYTES);
    frame.writeUInt32LE(this.#ticketOf(record), head + FRAME_HEAD_BYTES + 4);
    // Key and payload lie side by side in the record too.
    frame.set(
      bytes.subarray(keyOffset, payloadOffset + payloadBytes),
      head + FRAME_HEAD_BYTES + MESSAGE_PREFIX_BYTES,
    );
    if (channel !== undefined) this.#board.count(channel, ChannelCounter.POSTED, 1);
  }

  /** The channel's number, which the hub gets to know before the first message that carries it; undefined: it has none. */
  #channelOf({ channel, bytes, nameOffset, nameBytes }: RingRecord): number | undefined {
    let number: number | undefined = channel;
    if (channel === CHANNEL_BY_NAME)
      number = this.#numberOf(Buffer.from(bytes.subarray(nameOffset, nameOffset + nameBytes)));
    if (number !== undefined) while (this.#announced <= number) this.#announce();
    return number;
  }

  #announce(): void {
    const frame = channelFrame(this.#announced, this.#names[this.#announced]);
    const { bytes, at } = this.window.reserve(frame.length, false);
    bytes.set(frame, at);
    this.#announced++;
  }

  /**
   * Threads that named new channels at the same moment took more than there are numbers for. One number beyond is named anew for
   * each such message, in one piece with it: what the hub makes of it is the hub's matter.
   */
  #nameOverflow({ bytes, nameOffset, nameBytes }: RingRecord): Buffer {
    return channelFrame(this.#board.maxChannels, bytes.subarray(nameOffset, nameOffset + nameBytes));
  }

  #numberOf(name: Buffer): number | undefined {
    const text = name.toString('utf8');
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const number = this.#board.add(name);
    if (number === undefined) return undefined;
    this.#numbers.set(text, number);
    this.#names[number] = name;
    return number;
  }

  /** Tickets count for each thread by itself: on the wire they get a number among all. The message is in the window already. */
  #ticketOf({ ticket, lane }: RingRecord): number {
    if (ticket === 0) return 0;
    do this.#lastTicket = (this.#lastTicket % LAST_TICKET) + 1;
    while (this.#tickets.has(this.#lastTicket));
    this.#tickets.set(this.#lastTicket, {
      tag: this.keeper.tagOf(lane),
      ticket,
      sequence: this.window.last,
    });
    return this.#lastTicket;
  }

  /** Messages that a hub has over a connection that broke: it has nobody to answer to any more. */
  #forgetTickets(received: number): void {
    for (const [number, { tag, ticket, sequence }] of this.#tickets) {
      if (sequence > received) continue;
      this.#tickets.delete(number);
      this.keeper.tell(tag, [[ticket, FATE_UNKNOWN, 0, 0, 0, 0] satisfies SettledTicket]);
    }
  }
}
