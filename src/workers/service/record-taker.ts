/**
 * What a record from the ring asks for: a message to a channel, one to a single peer, or a request about a connection.
 *
 * Thread: the service's.
 */
import { isUtf8 } from 'node:buffer';
import { type Board, ChannelCounter } from '../../shared/board';
import { isSendableCloseCode, MAX_CLOSE_REASON_BYTES } from '../../shared/close-codes';
import { CHANNEL_BY_NAME, RecordKind, type RingRecord } from '../../shared/ring';
import type { Channel } from './channel';
import type { ChannelTable } from './channel-table';
import type { Connection } from './connection';
import { Opcode } from './frame';
import type { EngineObserver } from './observer';
import type { OpenMessages } from './open-messages';
import type { TellSettled, TicketOwner } from './tickets';

export interface RecordTakerParts {
  nowMs(): number;
  board: Board;
  channels: ChannelTable;
  connections: ReadonlyMap<number, Connection>;
  openMessages: OpenMessages;
  tagOf(lane: number): number;
  tell: TellSettled;
  /** A channel that was not fanning out has a new message. */
  begin(channel: Channel): void;
  observer: EngineObserver | undefined;
}

/** What a close code takes in the payload of a DISCONNECT. */
const CODE_BYTES = 2;

export class RecordTaker {
  readonly #parts: RecordTakerParts;
  /** The ring's bytes, once a key was read. */
  #ring: Buffer | undefined;

  constructor(parts: RecordTakerParts) {
    this.#parts = parts;
  }

  take(record: RingRecord): void {
    switch (record.kind) {
      case RecordKind.TEXT:
      case RecordKind.BINARY:
        this.#publish(record);
        break;
      case RecordKind.SEND_TEXT:
      case RecordKind.SEND_BINARY:
        this.#sendToOne(record);
        break;
      case RecordKind.FRAGMENT_TEXT:
      case RecordKind.FRAGMENT_BINARY:
      case RecordKind.FRAGMENT_NEXT:
      case RecordKind.FRAGMENT_LAST:
        this.#sendFragment(record);
        break;
      default:
        this.#obey(record);
    }
  }

  #publish(record: RingRecord): void {
    const channel = this.#channelOf(record);
    const owner = this.#ownerOf(record);
    if (channel === undefined) {
      this.#parts.board.countFolded(ChannelCounter.POSTED, 1);
      if (owner !== undefined) this.#parts.tell(owner.tag, [owner.ticket, 0, 0, 0, 0, 0]);
      return;
    }
    const opcode = record.kind === RecordKind.TEXT ? Opcode.TEXT : Opcode.BINARY;
    const passing = channel.fanningOut;
    channel.publish(
      opcode,
      record.bytes,
      record.payloadOffset,
      record.payloadBytes,
      this.#parts.nowMs(),
      owner,
      channel.conflation && this.#keyOf(record),
    );
    if (channel.subscribers > 0) this.#parts.observer?.appended(channel, record);
    if (!passing && channel.fanningOut) this.#parts.begin(channel);
  }

  #sendToOne(record: RingRecord): void {
    const owner = this.#ownerOf(record);
    const connection = this.#targetOf(record);
    const opcode = record.kind === RecordKind.SEND_TEXT ? Opcode.TEXT : Opcode.BINARY;
    const payload = record.bytes.subarray(record.payloadOffset, record.payloadOffset + record.payloadBytes);
    if (connection?.send(opcode, payload, owner) === true || owner === undefined) return;
    this.#parts.tell(owner.tag, [owner.ticket, 0, 0, 0, 0, 0]);
  }

  #sendFragment(record: RingRecord): void {
    const owner = this.#ownerOf(record);
    const begins = record.kind < RecordKind.CONTROL;
    const connection = begins ? this.#targetOf(record) : this.#parts.connections.get(record.target);
    if (this.#parts.openMessages.take(record, connection, owner) || owner === undefined) return;
    this.#parts.tell(owner.tag, [owner.ticket, 0, 0, 0, 0, 0]);
  }

  /** The connection that a message is for, if it is there. The message counts as posted in any case. */
  #targetOf(record: RingRecord): Connection | undefined {
    const connection = this.#parts.connections.get(record.target);
    if (connection === undefined) this.#parts.board.countFolded(ChannelCounter.POSTED, 1);
    else connection.home.countPrivate(ChannelCounter.POSTED, 1);
    return connection;
  }

  /** Requests about one connection. Their tickets say in `addressed` whether they did anything. */
  #obey(record: RingRecord): void {
    const connection = this.#parts.connections.get(record.target);
    const owner = this.#ownerOf(record);
    let done = false;
    if (connection !== undefined && !connection.finishing) {
      if (record.kind === RecordKind.DISCONNECT) {
        done = disconnect(connection, record);
      } else if (record.kind === RecordKind.PAUSE || record.kind === RecordKind.RESUME) {
        if (record.kind === RecordKind.PAUSE) connection.pause('application');
        else connection.resume('application');
        done = true;
      } else {
        const channel = this.#channelOf(record);
        if (channel !== undefined) {
          if (record.kind === RecordKind.SUBSCRIBE) {
            done = connection.subscribe(channel) || connection.has(channel);
          } else {
            connection.unsubscribe(channel);
            done = true;
          }
        }
      }
    }
    if (owner !== undefined) this.#parts.tell(owner.tag, [owner.ticket, done ? 1 : 0, 0, 0, 0, 0]);
  }

  #channelOf(record: RingRecord): Channel | undefined {
    if (record.channel !== CHANNEL_BY_NAME) return this.#parts.channels.numbered(record.channel);
    const name = Buffer.from(record.bytes.buffer, record.nameOffset, record.nameBytes);
    if (name.length === 0 || !isUtf8(name)) return undefined; // no producer of ours writes that: see `encodeChannelName`
    const channel = this.#parts.channels.named(name.toString('utf8'));
    return typeof channel === 'string' ? undefined : channel;
  }

  /** As it is, byte by byte: nobody reads it but to compare. */
  #keyOf({ bytes, keyOffset, keyBytes }: RingRecord): string | undefined {
    if (keyBytes === 0) return undefined;
    this.#ring ??= Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    return this.#ring.toString('latin1', keyOffset, keyOffset + keyBytes);
  }

  #ownerOf(record: RingRecord): TicketOwner | undefined {
    if (record.ticket === 0) return undefined;
    return { tag: this.#parts.tagOf(record.lane), ticket: record.ticket };
  }
}

/** @returns false for a request that may not be sent on: its producer wrote over it */
function disconnect(connection: Connection, record: RingRecord): boolean {
  const payload = Buffer.from(record.bytes.buffer, record.payloadOffset, record.payloadBytes);
  if (payload.length < CODE_BYTES || payload.length > CODE_BYTES + MAX_CLOSE_REASON_BYTES) return false;
  const code = payload.readUInt16BE(0);
  const reason = payload.subarray(CODE_BYTES);
  if (!isSendableCloseCode(code) || !isUtf8(reason)) return false;
  connection.finish(code, reason.toString('utf8'));
  return true;
}
