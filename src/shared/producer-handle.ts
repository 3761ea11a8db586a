/** The handle by which threads become producers of a hub, and what it implies. */
import { randomUUID } from 'node:crypto';
import type { Board } from './board';
import type { AllowedChannels } from './channel-name';
import { type LogHandle, logHandle } from './log';
import type { RingMemory } from './ring/layout';
import { HEADER_BYTES, MAX_KEY_BYTES, MAX_NAME_BYTES, maxRecordBytes } from './ring/record';

/**
 * What a thread needs to become a producer of a hub: plain data. Give the same handle to any number of threads, by
 * `workerData`, `postMessage` or a task; it needs no transfer list.
 */
export interface ProducerHandle {
  /** Version of the handle. */
  readonly ringcast: 1;
  readonly ringId: string;
  readonly ring: SharedArrayBuffer;
  readonly board: SharedArrayBuffer;
  readonly channels: AllowedChannels;
  /** Where the lines go that the producer's thread logs. */
  readonly log?: LogHandle;
}

/** Makes the handle of a new hub. */
export function createProducerHandle(
  ring: RingMemory,
  board: Board,
  channels: AllowedChannels,
): ProducerHandle {
  const memory = { ring: ring.buffer, board: board.buffer };
  return { ringcast: 1, ringId: randomUUID(), ...memory, channels, log: logHandle() };
}

/** The largest payload of a ring, in bytes: half a lane, less what a record's header, channel name and key may take. */
export function maxPayloadBytesOf(laneBytes: number): number {
  return Math.max(0, maxRecordBytes(laneBytes) - HEADER_BYTES - MAX_NAME_BYTES - MAX_KEY_BYTES);
}
