/**
 * A producer in another process, as the hub has it: what comes over its connection goes into a lane of its own, in the
 * order in which it came. From there on it is like every other producer.
 *
 * It never waits: without room in the lane it stops reading, so the socket fills, and that process's own ring, until its
 * posts answer `'full'`. It holds one piece of what it read, and one frame that spans pieces.
 *
 * Thread: the service's.
 */

import type net from 'node:net';
import type { MessagePort } from 'node:worker_threads';
import type { Board } from '../../shared/board';
import { ANY_OTHER_CHANNEL } from '../../shared/channel-name';
import type { FrameReader } from '../../shared/foreign/frame-reader';
import {
  ackFrame,
  FrameKind,
  frameOf,
  MESSAGE_PREFIX_BYTES,
  numbersFrame,
  textFrame,
} from '../../shared/foreign/protocol';
import {
  CHANNEL_BY_NAME,
  MAX_NAME_BYTES,
  NO_GATE,
  type PostResult,
  type RecordExtras,
  type RecordKind,
  type RingAttachment,
  type RingProducer,
  RoomWaiter,
} from '../../shared/ring';
import type { SettledTicket } from '../../shared/settlements';

/** What was taken is acknowledged after this time at the latest … */
const ACK_DELAY_MS = 5;
/** … and at once after so many bytes, or a quarter of a lane: the other side keeps what is not acknowledged, and no more than a lane. */
const ACK_EVERY_BYTES = 64 * 1024;
/** Who does not read our answers: past this the connection ends. */
const MAX_UNREAD_ANSWER_BYTES = 1024 * 1024;
/** The longest wait for room: until there is some, or the ring closes. */
const NO_DEADLINE_MS = 2 ** 31 - 1;
/** At the end the last answers have this long to go out. */
const LAST_WORDS_MS = 500;

/** What the end of the other process looks like, if it left something unread. */
const WENT_AWAY = new Set(['ECONNRESET', 'EPIPE']);

/** How far a session of a producer process has come at this hub, whatever connection it has. */
export interface Session {
  /** Number of its last message that is in the ring. */
  received: number;
  producer: ForeignProducer | undefined;
}

export interface ForeignHost {
  readonly board: Board;
  readonly maxChannels: number;
  /** The number of a channel, made if need be; undefined: it cannot be had. */
  numberOf(name: string): number | undefined;
  /** It has ended: its lane comes back by itself. */
  ended(producer: ForeignProducer, said: { goodbye: boolean; reason: string | undefined }): void;
}

/** The other side broke the protocol. */
class ProtocolError extends Error {}

interface ChannelReference {
  number: number;
  /** If it has no number. */
  name: Uint8Array | undefined;
}

export class ForeignProducer {
  readonly pid: number;
  readonly #host: ForeignHost;
  readonly #session: Session;
  readonly #socket: net.Socket;
  readonly #reader: FrameReader;
  readonly #producer: RingProducer;
  readonly #port: MessagePort;
  readonly #room: RoomWaiter;
  readonly #channels: (ChannelReference | undefined)[] = [];
  readonly #ackEveryBytes: number;
  #unacknowledgedBytes = 0;
  #acknowledged: number;
  #ackTimer: NodeJS.Timeout | undefined;
  /** The reader's present frame found no room. */
  #stalled = false;
  #saidGoodbye = false;
  /** No more will come: the connection is gone. */
  #disconnected: { reason: string | undefined } | undefined;
  #over = false;

  /** @param reader may hold more behind the HELLO */
  constructor(
    socket: net.Socket,
    reader: FrameReader,
    pid: number,
    session: Session,
    { producer, port }: RingAttachment,
    host: ForeignHost,
  ) {
    this.pid = pid;
    this.#socket = socket;
    this.#reader = reader;
    this.#session = session;
    this.#acknowledged = session.received;
    this.#host = host;
    this.#producer = producer;
    this.#port = port;
    this.#room = new RoomWaiter(producer);
    this.#ackEveryBytes = Math.min(ACK_EVERY_BYTES, producer.ring.laneBytes / 4);
    port.on('message', (settled: SettledTicket[]) =>
      this.#write(numbersFrame(FrameKind.SETTLED, settled.flat())),
    );
    port.unref();
    socket.on('data', (piece: Buffer) => this.#takePiece(piece));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      this.#disconnect(WENT_AWAY.has(error.code ?? '') ? undefined : error.message),
    );
    socket.on('close', () => this.#disconnect(undefined));
  }

  /** Takes what came together with the HELLO. */
  start(): void {
    this.#goOn();
  }

  tellGate(channel: string, shut: boolean): void {
    this.#write(textFrame(shut ? FrameKind.GATE_SHUT : FrameKind.GATE_OPEN, channel));
  }

  /** The hub is closing: no more is taken. Tells how far it came, and parts. */
  tellClosed(): void {
    this.#acknowledge();
    this.#write(frameOf(FrameKind.CLOSED, Buffer.alloc(0)));
    const timer = setTimeout(() => this.#socket.destroy(), LAST_WORDS_MS);
    this.#socket.once('close', () => clearTimeout(timer));
    this.#socket.end();
    this.#socket.resume(); // what it still sends is not taken: see #goOn
  }

  /** The same session has come over another connection: what this one has not taken will come again there. */
  supersede(): void {
    this.#fail('the same process has connected again');
  }

  #takePiece(piece: Buffer): void {
    if (this.#over) return;
    this.#unacknowledgedBytes += piece.length;
    this.#reader.push(piece);
    this.#goOn();
  }

  /** Takes what there is; without room it stops reading until there is some. */
  #goOn(): void {
    let result: PostResult;
    try {
      result = this.#take();
    } catch (error) {
      this.#broke(error);
      return;
    }
    this.#acknowledgeSoon();
    if (result === 'full') {
      this.#socket.pause();
      this.#room
        .waitAsync(this, () => this.#take(), NO_DEADLINE_MS)
        .then(
          (later) => this.#wentOn(later),
          (error: unknown) => this.#broke(error),
        );
    } else if (result === 'closed') this.#over = true;
  }

  #wentOn(result: PostResult): void {
    if (this.#over) return;
    this.#acknowledgeSoon();
    if (result === 'closed') this.#over = true;
    else if (result === 'full') this.#goOn();
    else if (this.#disconnected === undefined) this.#socket.resume();
    if (this.#disconnected !== undefined && result !== 'full') this.#finish();
  }

  /** Handles the frames that are there, until one finds no room. */
  #take(): PostResult {
    const reader = this.#reader;
    while (this.#stalled || reader.next()) {
      const result = this.#handle();
      this.#stalled = result === 'full';
      if (result !== 'posted') return result;
    }
    return 'posted';
  }

  #handle(): PostResult {
    const { kind } = this.#reader;
    switch (kind) {
      case FrameKind.TEXT:
      case FrameKind.BINARY:
        return this.#post(kind);
      case FrameKind.CHANNEL:
        this.#nameChannel();
        break;
      case FrameKind.UNPOSTED:
        this.#countUnposted();
        break;
      case FrameKind.GOODBYE:
        this.#saidGoodbye = true;
        break;
      default:
        throw new ProtocolError(`a frame of kind ${kind}`);
    }
    return 'posted';
  }

  #post(kind: RecordKind): PostResult {
    const { bytes, start, end, keyBytes } = this.#reader;
    const payload = start + MESSAGE_PREFIX_BYTES + keyBytes;
    if (payload > end) throw new ProtocolError('a message that is shorter than its head says');
    const channel = this.#channels[bytes.readUInt32LE(start)];
    if (channel === undefined) throw new ProtocolError('a message for a channel without a name');
    const ticket = bytes.readUInt32LE(start + 4);
    let extras: RecordExtras | undefined;
    if (ticket !== 0 || keyBytes !== 0 || channel.name !== undefined) {
      extras = { ticket, key: bytes.subarray(payload - keyBytes, payload), name: channel.name };
    }
    // Without a gate: what is on its way when one shuts still goes into the log, and other channels behind it go on.
    const result = this.#producer.tryPost(
      kind,
      channel.number,
      bytes.subarray(payload, end),
      NO_GATE,
      extras,
    );
    if (result === 'posted') this.#session.received++;
    return result;
  }

  #nameChannel(): void {
    const { bytes, start, end } = this.#reader;
    const nameBytes = end - start - 4;
    const number = nameBytes > 0 ? bytes.readUInt32LE(start) : -1;
    const name = bytes.toString('utf8', start + 4, end);
    const isName = nameBytes > 0 && nameBytes <= MAX_NAME_BYTES && name !== ANY_OTHER_CHANNEL;
    if (!isName || number > this.#host.maxChannels) throw new ProtocolError('a channel without a good name');
    // The number behind the last is for channels beyond the limit, and is named anew each time.
    const ours = this.#host.numberOf(name);
    // Without a number it goes by its name, as those of threads do: the engine knows what to do, and counts it.
    this.#channels[number] =
      ours === undefined
        ? { number: CHANNEL_BY_NAME, name: Buffer.from(name) }
        : { number: ours, name: undefined };
  }

  /** Posts that were answered `'full'` over there. */
  #countUnposted(): void {
    const { bytes, start, end } = this.#reader;
    if ((end - start) % 8 !== 4) throw new ProtocolError('counts that are not complete');
    this.#producer.countRefusal(bytes.readUInt32LE(start));
    for (let at = start + 4; at < end; at += 8) {
      const channel = this.#channels[bytes.readUInt32LE(at)];
      if (channel !== undefined && channel.name === undefined)
        this.#host.board.countRefusal(channel.number, bytes.readUInt32LE(at + 4));
    }
  }

  #acknowledgeSoon(): void {
    if (this.#acknowledged === this.#session.received) return;
    if (this.#unacknowledgedBytes >= this.#ackEveryBytes) this.#acknowledge();
    else this.#ackTimer ??= setTimeout(() => this.#acknowledge(), ACK_DELAY_MS);
  }

  #acknowledge(): void {
    clearTimeout(this.#ackTimer);
    this.#ackTimer = undefined;
    this.#unacknowledgedBytes = 0;
    if (this.#acknowledged === this.#session.received) return;
    this.#acknowledged = this.#session.received;
    this.#write(ackFrame(this.#acknowledged));
  }

  #write(frame: Buffer): void {
    if (!this.#socket.writable) return;
    this.#socket.write(frame);
    if (this.#socket.writableLength > MAX_UNREAD_ANSWER_BYTES)
      this.#fail(`it does not read what the hub answers (${this.#socket.writableLength} bytes)`);
  }

  #broke(error: unknown): void {
    this.#fail(`it broke the protocol: ${(error as Error).message}`);
  }

  /** Ends it now: what it has sent and we have not taken is left. */
  #fail(reason: string): void {
    this.#over = true;
    this.#disconnect(reason);
    this.#socket.destroy();
  }

  /** The connection is gone. Messages that came whole are still taken, as soon as there is room. */
  #disconnect(reason: string | undefined): void {
    if (this.#disconnected !== undefined) return;
    this.#disconnected = { reason };
    clearTimeout(this.#ackTimer);
    if (!this.#stalled || this.#over) this.#finish();
  }

  #finish(): void {
    this.#over = true;
    this.#producer.close();
    this.#room.retry(); // a wait for room ends
    this.#port.close();
    const { reason } = this.#disconnected ?? {};
    this.#host.ended(this, { goodbye: this.#saidGoodbye, reason });
  }
}
