/**
 * Measures how long messages stay at each station of a hub under test. Which message it is, and when it was sent, its stamp says:
 * so no record grows.
 *
 *     sent ──ring wait──▶ the drain that takes it begins ──drain──▶ it and all others of that drain are in their logs
 *          ──fan-out──▶ its bytes go to a connection's socket ──write──▶ the operating system has them
 *
 * Ring wait and drain count each message once, fan-out and write once for each connection.
 *
 * Thread: the service's.
 */
import { monotonicNs } from '../../shared/load/monotonic';
import { Probe, ProbeFinding, readProbe } from '../../shared/load/probe';
import type { RingRecord } from '../../shared/ring';
import type { Channel } from '../service/channel';
import type { Connection } from '../service/connection';
import type { EngineObserver } from '../service/observer';
import type { Subscription } from '../service/subscription';
import { MeasuredRuns } from './measured-runs';
import { StageMemory } from './stage-memory';

export function createObserver(memory: SharedArrayBuffer): EngineObserver {
  return new StageObserver(new StageMemory(memory), monotonicNs);
}

export class StageObserver implements EngineObserver {
  readonly #memory: StageMemory;
  readonly #nowNs: () => number;
  readonly #runs = new WeakMap<Channel, MeasuredRuns>();
  /** Channels that the present drain has appended to, and how many messages count. */
  readonly #touched = new Set<MeasuredRuns>();
  #appended = 0;
  #drainNs = 0;
  readonly #probe = new Probe();
  #ring: Buffer | undefined;

  constructor(memory: StageMemory, nowNs: () => number) {
    this.#memory = memory;
    this.#nowNs = nowNs;
  }

  draining(): void {
    this.#drainNs = this.#nowNs();
  }

  appended(channel: Channel, record: RingRecord): void {
    const sentNs = this.#sentNs(record);
    if (sentNs === undefined) return;
    // It may have come between our look at the clock and the drain's at the ring: then it did not wait.
    this.#memory.stages.ringWait.record(Math.max(0, this.#drainNs - sentNs));
    this.#appended++;
    const runs = this.#runsOf(channel);
    runs.add(channel.log);
    this.#touched.add(runs);
  }

  drained(): void {
    if (this.#appended === 0) return;
    const nowNs = this.#nowNs();
    this.#memory.stages.drain.record(nowNs - this.#drainNs, this.#appended);
    this.#appended = 0;
    for (const runs of this.#touched) runs.seal(nowNs);
    this.#touched.clear();
  }

  handed(connection: Connection, { channel, reader }: Subscription): void {
    const nowNs = this.#nowNs();
    connection.handedNs = nowNs;
    this.#runs.get(channel)?.each(reader.sequence, reader.writingToSequence, (count, drainedNs) => {
      this.#memory.stages.fanOut.record(nowNs - drainedNs, count);
    });
  }

  written(connection: Connection, { channel, reader }: Subscription): void {
    const runs = this.#runs.get(channel);
    if (runs === undefined) return;
    const tookNs = this.#nowNs() - connection.handedNs;
    runs.each(reader.sequence, reader.writingToSequence, (count) => {
      this.#memory.stages.write.record(tookNs, count);
    });
  }

  /** When it was sent, if it is a message that counts. */
  #sentNs({ bytes, payloadOffset, payloadBytes }: RingRecord): number | undefined {
    this.#ring ??= Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const probe = this.#probe;
    const finding = readProbe(this.#ring, payloadOffset, payloadOffset + payloadBytes, probe);
    if (finding !== ProbeFinding.WHOLE || !this.#memory.measures(probe.intendedNs)) return undefined;
    return probe.sentNs;
  }

  #runsOf(channel: Channel): MeasuredRuns {
    const known = this.#runs.get(channel);
    if (known !== undefined) return known;
    const runs = new MeasuredRuns();
    this.#runs.set(channel, runs);
    return runs;
  }
}
