/**
 * Several generators as one: an agent that needs more than one process for its share. How many is decided when the share is
 * known.
 *
 * Thread: the one that made it.
 */
import type { Generator, Share, Timetable } from '../../../shared/load/generator';
import type { LoadPlan } from '../../../shared/load/plan';
import type { GeneratorSnapshot } from '../../../shared/load/snapshot';
import { mergeSnapshots } from './merge-snapshots';
import { divideShare } from './shares';

export interface GroupGeneratorOptions {
  name: string;
  /** How many are needed for a share. */
  partsFor(plan: LoadPlan, share: Share): number;
  /** How many load threads each of them has, where the plan leaves it to this host (0). */
  workersFor(parts: number): number;
  newPart(number: number): Generator;
}

export class GroupGenerator implements Generator {
  readonly name: string;
  readonly failed: Promise<never>;
  readonly #options: GroupGeneratorOptions;
  #parts: Generator[] = [];
  #clock: number | undefined;
  #aborted = false;
  #fail!: (error: unknown) => void;

  constructor(options: GroupGeneratorOptions) {
    this.name = options.name;
    this.#options = options;
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => {}); // whoever waits for it hears it too
  }

  async prepare(plan: LoadPlan, share: Share): Promise<void> {
    if (this.#parts.length > 0 || this.#aborted) throw new Error('a generator is for one test');
    const shares = divideShare(share, this.#options.partsFor(plan, share));
    this.#parts = shares.map((_, at) => this.#options.newPart(at + 1));
    for (const part of this.#parts) part.failed.catch(this.#fail);
    const workers = plan.workers || this.#options.workersFor(shares.length);
    await Promise.all(this.#parts.map((part, at) => part.prepare({ ...plan, workers }, shares[at]!)));
    if (this.#clock !== undefined) this.setClock(this.#clock);
  }

  setClock(offsetNs: number): void {
    this.#clock = offsetNs;
    for (const part of this.#parts) part.setClock(offsetNs);
  }

  async connect(): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.connect()));
  }

  async begin(timetable: Timetable): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.begin(timetable)));
  }

  async stopPublishing(): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.stopPublishing()));
  }

  async snapshot(published?: Record<number, number>): Promise<GeneratorSnapshot> {
    return mergeSnapshots(this.name, await Promise.all(this.#parts.map((part) => part.snapshot(published))));
  }

  async finish(published: Record<number, number>): Promise<GeneratorSnapshot> {
    return mergeSnapshots(this.name, await Promise.all(this.#parts.map((part) => part.finish(published))));
  }

  async abort(): Promise<void> {
    this.#aborted = true;
    await Promise.all(this.#parts.map((part) => part.abort()));
  }
}
