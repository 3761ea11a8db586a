/**
 * How a thread becomes a producer: introduce itself to the lane keeper, then take a lane. No round trip: the lane is ours
 * as soon as the compare-exchange succeeds, also while the keeper's thread or the main thread is blocked.
 *
 * Thread: any that holds the ring's memory.
 */
import {
  isMainThread,
  MessageChannel,
  type MessagePort,
  postMessageToThread,
  threadId,
} from 'node:worker_threads';
import { HubError, HubErrorCode } from '../errors';
import { isRingClosed } from './close';
import { localKeeper, type ProducerIntroduction } from './keeper';
import { takeTag } from './lanes';
import { type RingMemory, Word } from './layout';
import { RingProducer } from './producer';
import type { WardenIntroduction } from './warden';

/** How long a worker thread waits for a lane whose last owner is just going. The main thread does not wait. */
const LANE_WAIT_MS = 1_000;

export interface RingAttachment {
  producer: RingProducer;
  /** Our end of the port that the keeper holds: the keeper's messages come here, and our death shows there. */
  port: MessagePort;
  /** The keeper that has the other end: its thread id plus one. */
  keeper: number;
  /** Our end of the port that the warden holds; undefined: there is no warden, since the keeper lives as long as the ring. */
  life: MessagePort | undefined;
  /** Resolves if the keeper could not be told, and there is a warden: so another keeper will come. */
  lost: Promise<void>;
}

export interface AttachOptions {
  /** How long a worker thread may wait for a lane. */
  laneWaitMs?: number;
  /** How much of the lane this producer may fill; default: all of it. Checked by the caller. */
  laneBytes?: number;
  /** Called if the keeper could not be told: the lane will not come back when this thread ends. Default: a process warning. */
  onUnknown?: (keeperThread: number, cause: unknown) => void;
}

/**
 * Attaches this thread as a producer.
 *
 * @param ringId names the ring among those whose keepers share a thread
 * @param options for a producer that neither waits for a lane nor minds that it may not come back
 * @returns undefined if the ring is closed
 * @throws {HubError} TOO_MANY_PRODUCERS if every lane has an owner
 */
export function attachToRing(
  ring: RingMemory,
  ringId: string,
  { laneWaitMs = LANE_WAIT_MS, laneBytes = ring.laneBytes, onUnknown = warnOfUnknown }: AttachOptions = {},
): RingAttachment | undefined {
  if (isRingClosed(ring)) return undefined;
  const tag = takeTag(ring);
  const { port1, port2 } = new MessageChannel();
  // Both before the lane is taken: killed in between, this thread leaves nothing that nobody watches.
  const life = tellWarden(ring, ringId, tag);
  const keeper = Atomics.load(ring.words, Word.KEEPER_THREAD); // [model: none] who keeps the lanes is not modelled
  const lost = new Promise<void>((resolve) => {
    introduce(keeper, { ringcast: 'producer', ringId, tag, port: port2 }, (cause) => {
      if (life !== undefined) resolve();
      else if (!isRingClosed(ring)) onUnknown(keeper - 1, cause);
    });
  });
  const producer = waitForLane(ring, tag, laneWaitMs, laneBytes);
  if (producer !== undefined) return { producer, port: port1, keeper, life, lost };
  port1.close();
  life?.close();
  if (isRingClosed(ring)) return undefined;
  throw new HubError(
    HubErrorCode.TOO_MANY_PRODUCERS,
    `all ${ring.maxProducers} lanes have a producer: raise ring.maxProducers, or close producers that are done`,
  );
}

/** @returns our end of the port that the warden holds; undefined if there is no warden */
function tellWarden(ring: RingMemory, ringId: string, tag: number): MessagePort | undefined {
  const warden = Atomics.load(ring.words, Word.WARDEN_THREAD); // [model: none] set once, before the ring is handed out
  if (warden === 0) return undefined;
  const { port1, port2 } = new MessageChannel();
  port1.unref();
  if (warden - 1 === threadId) return port1; // it ends with the warden: nobody needs to be told
  const introduction: WardenIntroduction = { ringcast: 'producer lives', ringId, tag, port: port2 };
  // Refused only where the hub is gone, or hears no messages between threads: then only the keeper watches.
  postMessageToThread(warden - 1, introduction, [port2]).catch(() => {});
  return port1;
}

/**
 * Hands the keeper the port that tells it of this thread's end.
 *
 * @param keeper its thread id plus one
 * @param onUnknown called if there is no such thread any more
 */
export function introduce(
  keeper: number,
  introduction: ProducerIntroduction,
  onUnknown: (cause: unknown) => void,
): void {
  if (keeper - 1 === threadId) localKeeper(introduction.ringId)?.adopt(introduction);
  else postMessageToThread(keeper - 1, introduction, [introduction.port]).catch(onUnknown);
}

function warnOfUnknown(keeperThread: number, cause: unknown): void {
  process.emitWarning(
    new HubError(
      HubErrorCode.INTRODUCTION_FAILED,
      `the service thread (${keeperThread}) could not be told of this producer: its lane will stay taken when thread ${threadId} ends`,
      { cause },
    ),
  );
}

function waitForLane(
  ring: RingMemory,
  tag: number,
  laneWaitMs: number,
  laneBytes: number,
): RingProducer | undefined {
  const keeperIsHere = Atomics.load(ring.words, Word.KEEPER_THREAD) - 1 === threadId; // [model: none] as above
  const deadline = performance.now() + (isMainThread || keeperIsHere ? 0 : laneWaitMs);
  for (;;) {
    const freed = Atomics.load(ring.words, Word.LANES_FREED); // [model: attach.freed] before the look (`FREED_LATE`)
    const producer = RingProducer.attach(ring, tag, threadId, laneBytes);
    const leftMs = deadline - performance.now();
    if (producer !== undefined || leftMs <= 0 || isRingClosed(ring)) return producer;
    Atomics.wait(ring.words, Word.LANES_FREED, freed, leftMs); // [model: attach.wait]
  }
}
