/** A hub in its own process, witnesses in another, and what they see of an attack. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { HubOptions, HubStats } from '../../../src/main';
import { until } from '../hubs';
import { Random } from '../random';
import { Child } from './child';
import { Foe, frameOf, type Outcome } from './foe';

export const WITNESSES = 5;
/** A witness message each so often. */
const PERIOD_MS = 10;
const MiB = 2 ** 20;

export interface Attack {
  name: string;
  /** How often it is tried: in the gate, and by hand. */
  count: { short: number; long: number };
  hub?: HubOptions;
  /** How it may end for those who take part. */
  outcomes: readonly Outcome[];
  /** By how much the hub's process may grow, in MiB, from `arena.begin()` on. */
  maxGrowthMiB?: number;
  run(arena: Arena, count: number): Promise<void>;
}

export interface WitnessReport {
  received: number;
  lost: number;
  /** Witnesses whose connection ended, in all. */
  ended: number;
  p50Ms: number | null;
  p99Ms: number | null;
}

export class Arena {
  readonly random: Random;
  readonly outcomes = new Map<Outcome, number>();
  port = 0;
  growthMiB: number | null = null;
  /** What an attack has to say beyond that. */
  notes = '';
  readonly #hub: Child;
  #witnesses: Child | undefined;
  #rssAtBegin: number | undefined;
  #lostBefore = 0;

  private constructor(options: HubOptions, seed: number) {
    this.random = new Random(seed);
    this.#hub = new Child('hub', { periodMs: PERIOD_MS, options });
  }

  static async open(options: HubOptions = {}, seed = 1): Promise<Arena> {
    const arena = new Arena(options, seed);
    try {
      arena.port = await arena.#hub.started();
      arena.#witnesses = new Child('witnesses', {
        url: `ws://127.0.0.1:${arena.port}/witness`,
        count: WITNESSES,
      });
      await arena.#witnesses.started();
      return arena;
    } catch (error) {
      await arena.close();
      throw error;
    }
  }

  get alive(): boolean {
    return this.#hub.alive;
  }

  /** Why it ended, if it did. */
  get lastWords(): string {
    return this.#hub.stderr;
  }

  async close(): Promise<void> {
    await Promise.all([this.#witnesses?.end(), this.#hub.end()]);
  }

  stats(): Promise<HubStats> {
    return this.#hub.ask('stats');
  }

  /** Heap of the service thread, with the garbage collected, in bytes. */
  heapBytes(): Promise<number> {
    return this.#hub.ask('heap');
  }

  /** What the witnesses saw since the last time, or since the attack began; what they lost, in all. */
  async witnessed(): Promise<WitnessReport> {
    const report = await this.#report();
    this.#lostBefore += report.lost;
    return { ...report, lost: this.#lostBefore };
  }

  open(path: string, headers?: string[]): Promise<Foe> {
    return Foe.open(this.port, path, headers);
  }

  crowd(count: number, path: string, headers?: string[]): Promise<Foe[]> {
    return Foe.crowd(count, this.port, path, headers);
  }

  note(...outcomes: Outcome[]): void {
    for (const outcome of outcomes) this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }

  /** Notes how these end; those that are open when the hub has heard all of them are reset. */
  async conclude(foes: readonly Foe[]): Promise<void> {
    this.note(...(await Promise.all(foes.map((foe) => foe.heard()))));
    for (const foe of foes) foe.reset();
  }

  /** Does it `count` times, so many at once. */
  async eachOf(count: number, atOnce: number, act: (index: number) => Promise<void>): Promise<void> {
    let next = 0;
    const work = async () => {
      while (next < count) await act(next++);
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, count) }, work));
  }

  /** What the first connections and messages bring into memory is none of an attack's doing. */
  async warmUp(): Promise<void> {
    for (const path of ['/', '/fragments', '/handled']) {
      const foes = await this.crowd(50, path);
      for (const foe of foes) for (let time = 0; time < 20; time++) foe.write(frameOf(0x81, 'warm'));
      await Promise.all(foes.map((foe) => foe.heard()));
      for (const foe of foes) foe.reset();
    }
    await this.settled();
  }

  /** The attack proper begins: memory, and how late witnesses get theirs, are measured from here on. */
  async begin(): Promise<void> {
    this.#lostBefore += (await this.#report()).lost;
    this.#rssAtBegin = this.#memory('VmRSS');
    try {
      writeFileSync(`/proc/${this.#hub.process.pid}/clear_refs`, '5'); // the peak is to be that of the attack
    } catch {
      this.#rssAtBegin = undefined;
    }
  }

  /** Notes by how much the hub grew at the most. */
  measure(): void {
    if (this.#rssAtBegin === undefined) return;
    const peak = this.#memory('VmHWM');
    if (peak !== undefined) this.growthMiB = (peak - this.#rssAtBegin) / MiB;
  }

  /** Resolves once nobody but the witnesses is connected. */
  async settled(): Promise<void> {
    const left = async () => (await this.stats()).connections;
    await until(async () => (await left()) === WITNESSES, 'only the witnesses are left');
  }

  async #report(): Promise<WitnessReport> {
    if (this.#witnesses === undefined) throw new Error('there are no witnesses');
    return this.#witnesses.ask('report');
  }

  #memory(field: 'VmRSS' | 'VmHWM'): number | undefined {
    try {
      const status = readFileSync(`/proc/${this.#hub.process.pid}/status`, 'utf8');
      const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1];
      return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
    } catch {
      return undefined; // not Linux, or the process is gone
    }
  }
}
