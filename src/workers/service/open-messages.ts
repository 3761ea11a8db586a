/**
 * Messages to one peer that are sent in fragments: takes their records from the ring to the connections, and sees to those
 * whose sender dies or forgets them.
 *
 * Thread: the service's.
 */
import { RecordKind, type RingRecord } from '../../shared/ring';
import type { Connection } from './connection';
import { Opcode } from './frame';
import type { FrameSettled, MessageSender } from './private-queue';
import type { TicketOwner } from './tickets';

export interface OpenMessagesParts {
  maxFragmentGapMs: number;
  /** The tag of the producer whose record is being drained. */
  tagOf(lane: number): number;
  /** Whether this producer may still post, or has records that are not drained. */
  lives(tag: number): boolean;
}

export class OpenMessages {
  readonly #parts: OpenMessagesParts;
  /** Connections that may have an unfinished message. */
  readonly #connections = new Set<Connection>();
  #lastHandlerMessage = 0;

  constructor(parts: OpenMessagesParts) {
    this.#parts = parts;
  }

  /** A record of one of the FRAGMENT kinds. @returns false if the connection cannot take it */
  take(record: RingRecord, connection: Connection | undefined, owner: TicketOwner | undefined): boolean {
    if (connection === undefined) return false;
    // The message's number stands where other records have their channel's: see `record.ts`.
    const sender = { tag: this.#parts.tagOf(record.lane), number: record.channel };
    const payload = record.bytes.subarray(record.payloadOffset, record.payloadOffset + record.payloadBytes);
    switch (record.kind) {
      case RecordKind.FRAGMENT_TEXT:
        return this.begin(connection, sender, Opcode.TEXT, payload, owner);
      case RecordKind.FRAGMENT_BINARY:
        return this.begin(connection, sender, Opcode.BINARY, payload, owner);
      default:
        return connection.continueMessage(sender, payload, record.kind === RecordKind.FRAGMENT_LAST, owner);
    }
  }

  begin(
    connection: Connection,
    sender: MessageSender,
    opcode: Opcode,
    payload: Uint8Array,
    owner: TicketOwner | FrameSettled | undefined,
  ): boolean {
    this.#connections.add(connection);
    return connection.beginMessage(sender, opcode, payload, owner);
  }

  /** A sender for a message of a handler. */
  handlerSender(): MessageSender {
    return { tag: undefined, number: ++this.#lastHandlerMessage };
  }

  /** At intervals: ends the messages of producers that are gone, and connections that wait too long within a message. */
  sweep(nowMs: number): void {
    const gone = ({ tag }: MessageSender) => tag !== undefined && !this.#parts.lives(tag);
    for (const connection of this.#connections) {
      connection.lookAtMessages(nowMs, this.#parts.maxFragmentGapMs, gone);
      if (connection.closing || !connection.inMessage) this.#connections.delete(connection);
    }
  }
}
