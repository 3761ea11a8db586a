/** Rings for tests: made with every word where the test wants it, and looked at as plain data. */

import {
  LaneWord,
  type RecordExtras,
  RecordKind,
  type RingConsumer,
  type RingGeometry,
  RingMemory,
  RingProducer,
  type RingRecord,
  takeTag,
} from '../../src/shared/ring';
import { Word } from '../../src/shared/ring/layout';

export interface RingStart extends RingGeometry {
  /** Where every tail and cursor stands at the start: a multiple of 8, from 0 to 2^32 - 8. */
  position?: number;
  /** The first stamp. */
  stamp?: number | bigint;
}

/** A ring whose positions and stamps start where the test wants them: set in memory, before anybody attaches. */
export function startRing({ position = 0, stamp = 0, ...geometry }: RingStart): RingMemory {
  const ring = RingMemory.create(geometry);
  for (let lane = 0; lane < ring.maxProducers; lane++) startLane(ring, lane, position);
  ring.stamps[ring.stampIndex] = BigInt(stamp);
  return ring;
}

/** Puts the tail and all cursors of one lane, that nobody uses yet, at `position`. */
export function startLane(ring: RingMemory, lane: number, position: number): void {
  ring.words[ring.laneWord(lane, LaneWord.TAIL)] = position | 0;
  for (let slot = 0; slot < 8; slot++) ring.words[ring.cursorWord(lane, slot)] = position | 0;
}

/** Attaches a producer that no keeper watches. */
export function attach(ring: RingMemory): RingProducer {
  const producer = RingProducer.attach(ring, takeTag(ring), 0);
  if (producer === undefined) throw new Error('no lane is free');
  return producer;
}

/** A record as plain data: all that the drain showed of it, copied. */
export interface SeenRecord {
  lane: number;
  kind: number;
  channel: number;
  ticket: number;
  target: number;
  stamp: number;
  name: string;
  key: string;
  payload: Buffer;
}

export function copyRecord(record: RingRecord): SeenRecord {
  const part = (offset: number, length: number) => {
    if (offset < 0 || length < 0 || offset + length > record.bytes.length) throw new Error('out of bounds');
    return Buffer.from(record.bytes.slice(offset, offset + length));
  };
  return {
    lane: record.lane,
    kind: record.kind,
    channel: record.channel,
    ticket: record.ticket,
    target: record.target,
    stamp: record.stamp,
    name: part(record.nameOffset, record.nameBytes).toString(),
    key: part(record.keyOffset, record.keyBytes).toString(),
    payload: part(record.payloadOffset, record.payloadBytes),
  };
}

/** Drains what is there, up to `records`. */
export function drainAll(consumer: RingConsumer, records = Number.POSITIVE_INFINITY): SeenRecord[] {
  const seen: SeenRecord[] = [];
  consumer.drain((record) => seen.push(copyRecord(record)), {
    records,
    payloadBytes: Number.POSITIVE_INFINITY,
  });
  return seen;
}

/** Drains what is there and shows the payloads as text. */
export function drainTexts(consumer: RingConsumer, records?: number): string[] {
  return drainAll(consumer, records).map(({ payload }) => payload.toString());
}

/** Posts to channel 1, as text or binary, by the type of `data`. */
export function post(producer: RingProducer, data: string | Uint8Array, extras?: RecordExtras) {
  return producer.tryPost(
    typeof data === 'string' ? RecordKind.TEXT : RecordKind.BINARY,
    1,
    data,
    -1,
    extras,
  );
}

/** `length` bytes that differ from place to place and from seed to seed. */
export function pattern(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = (seed * 2_654_435_761) | 1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
    bytes[i] = state >>> 16;
  }
  return bytes;
}

export const tailOf = (ring: RingMemory, lane: number) => ring.words[ring.laneWord(lane, LaneWord.TAIL)];
export const cursorOf = (ring: RingMemory, lane: number, slot: number) =>
  ring.words[ring.cursorWord(lane, slot)];
export const ownerOf = (ring: RingMemory, lane: number) => ring.words[ring.laneWord(lane, LaneWord.OWNER)];
export const gatingOf = (ring: RingMemory) => ring.words[Word.GATING];

/** The bytes of one lane's data, not copied. */
export function laneData(ring: RingMemory, lane: number): Uint8Array {
  return ring.bytes.subarray(ring.laneBase(lane), ring.laneBase(lane) + ring.laneBytes);
}
