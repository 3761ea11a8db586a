/**
 * A thread that publishes by the schedule, inside the process of the server: into a hub's ring, or to a BroadcastChannel.
 *
 * The schedule never waits for the server: what is due goes at once, with the time at which it should have gone, and a post
 * that is refused is counted and not tried again.
 *
 * Thread: its own. While it publishes it sleeps in `Atomics.wait`; its event loop turns before and after only.
 */
import { readlinkSync } from 'node:fs';
import { BroadcastChannel, parentPort, workerData } from 'node:worker_threads';
import type { Timetable } from '../../shared/load/generator';
import { monotonicNs } from '../../shared/load/monotonic';
import type { LoadPlan } from '../../shared/load/plan';
import { ProbeWriter } from '../../shared/load/probe-writer';
import { Schedule } from '../../shared/load/schedule';
import { attachProducer, type ProducerHandle } from '../../shared/producer';
import { PublisherCounter, PublisherMemory } from './publisher-memory';

export type PublishingWay =
  | { kind: 'ring'; handle: ProducerHandle; channel: string }
  /** Messages are `[bytes, text]`. */
  | { kind: 'broadcast-channel'; name: string };

export interface PublisherStart {
  plan: LoadPlan;
  /** Publishers' numbers, rising. */
  streams: number[];
  way: PublishingWay;
  memory: SharedArrayBuffer;
}

export type PublisherAnswer =
  | { type: 'ready'; thread: number | undefined }
  /** `closed`: the hub took no more. */
  | { type: 'done'; closed: boolean };

/** Answers as a ring does. */
type Post = (payload: Uint8Array) => 'posted' | 'full' | 'closed';

class PacedPublisher {
  readonly #streams: number[];
  readonly #publishers: number;
  readonly #schedule: Schedule;
  readonly #memory: PublisherMemory;
  readonly #probes: ProbeWriter;
  readonly #post: Post;

  constructor({ plan, streams, way, memory }: PublisherStart) {
    this.#streams = streams;
    this.#publishers = plan.publishers;
    this.#schedule = new Schedule(plan);
    this.#memory = new PublisherMemory(streams.length, memory);
    this.#probes = new ProbeWriter(plan.payload, plan.seed);
    this.#post = way.kind === 'ring' ? ringPost(way, this.#probes.text) : channelPost(way, this.#probes.text);
  }

  /** @returns whether the hub took no more */
  run({ startNs, measureFromNs, measureToNs }: Timetable): boolean {
    const memory = this.#memory;
    for (let round = 0; ; round += this.#publishers) {
      for (let place = 0; place < this.#streams.length; place++) {
        const intendedNs = startNs + this.#schedule.intendedNs(round + this.#streams[place]!);
        if (intendedNs === Number.POSITIVE_INFINITY || !this.#waitUntil(intendedNs)) return false;
        memory.counters[PublisherCounter.SCHEDULED]!++;
        const measured = intendedNs >= measureFromNs && intendedNs < measureToNs;
        if (!this.#publish(place, intendedNs, measured)) return true;
      }
    }
  }

  /** @returns false once it is stopped */
  #waitUntil(dueNs: number): boolean {
    while (!this.#memory.stopped) {
      const earlyNs = dueNs - monotonicNs();
      if (earlyNs <= 0) return true;
      this.#memory.sleep(earlyNs / 1e6);
    }
    return false;
  }

  /** @returns false if the hub is closed */
  #publish(place: number, intendedNs: number, measured: boolean): boolean {
    const { counters, published, lag } = this.#memory;
    const sentNs = monotonicNs();
    const payload = this.#probes.write(this.#streams[place]!, published[place]!, intendedNs, sentNs);
    const answer = this.#post(payload);
    if (answer === 'closed') return false;
    if (answer === 'full') {
      counters[PublisherCounter.REFUSED]!++;
      return true;
    }
    published[place]!++;
    counters[PublisherCounter.PUBLISHED]!++;
    counters[PublisherCounter.PUBLISHED_BYTES]! += payload.length;
    if (!measured) return true;
    counters[PublisherCounter.PUBLISHED_MEASURED]!++;
    lag.record(sentNs - intendedNs);
    return true;
  }
}

function ringPost({ handle, channel }: Extract<PublishingWay, { kind: 'ring' }>, text: boolean): Post {
  const producer = attachProducer(handle);
  const options = { text };
  return (payload) => producer.post(channel, payload, options);
}

/** It has no room to run out of: what the server does not take piles up in its queue, as with any such server. */
function channelPost({ name }: Extract<PublishingWay, { kind: 'broadcast-channel' }>, text: boolean): Post {
  const channel = new BroadcastChannel(name);
  return (payload) => {
    channel.postMessage([payload, text]);
    return 'posted';
  };
}

/** The operating system's number of this thread; undefined if it does not tell. */
function ownThread(): number | undefined {
  try {
    return Number(readlinkSync('/proc/thread-self').split('/').pop());
  } catch {
    return undefined;
  }
}

function answer(message: PublisherAnswer): void {
  parentPort?.postMessage(message);
}

const publisher = new PacedPublisher(workerData as PublisherStart);
parentPort?.on('message', (timetable: Timetable) => {
  answer({ type: 'done', closed: publisher.run(timetable) });
});
answer({ type: 'ready', thread: ownThread() });
