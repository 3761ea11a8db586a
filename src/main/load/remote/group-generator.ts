/**
 * Several generators as one. Who they are is decided when the share is known: threads of this process, processes of this
 * host, agents on other hosts.
 *
 * When one of them is gone the group has failed, and says so before anything else. The others still answer: of the one that is
 * gone its last snapshot stands for what it did.
 *
 * Thread: the one that made it.
 */
import { setImmediate } from 'node:timers/promises';
import type { Generator, Share, Timetable } from '../../../shared/load/generator';
import type { LoadPlan } from '../../../shared/load/plan';
import { partOfShare } from '../../../shared/load/shares';
import type { GeneratorSnapshot } from '../../../shared/load/snapshot';
import { mergeSnapshots } from './merge-snapshots';

export interface GroupGeneratorOptions {
  name: string;
  /** Makes the generators that do a share, at least one. They get equal parts of it. @returns the plan that is for them */
  form(plan: LoadPlan, share: Share, forming: Forming): Promise<LoadPlan>;
}

export interface Forming {
  /** Tells of each as soon as there is one: it is aborted with the group, whatever becomes of the others. */
  joins(member: Generator): void;
  /** The group is aborted. */
  signal: AbortSignal;
}

interface Member {
  generator: Generator;
  gone: boolean;
  last: GeneratorSnapshot | undefined;
}

export class GroupGenerator implements Generator {
  readonly name: string;
  readonly failed: Promise<never>;
  readonly #form: GroupGeneratorOptions['form'];
  readonly #members: Member[] = [];
  #clock: number | undefined;
  readonly #aborting = new AbortController();
  #fail!: (error: unknown) => void;

  constructor({ name, form }: GroupGeneratorOptions) {
    this.name = name;
    this.#form = form;
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => {}); // whoever waits for it hears it too
  }

  get members(): readonly Generator[] {
    return this.#members.map(({ generator }) => generator);
  }

  async prepare(plan: LoadPlan, share: Share): Promise<void> {
    if (this.#members.length > 0 || this.#aborting.signal.aborted)
      throw new Error('a generator is for one test');
    const { signal } = this.#aborting;
    const theirs = await this.#form(plan, share, { joins: (generator) => this.#joins(generator), signal });
    const part = (at: number): Share => partOfShare(share, at, this.#members.length);
    await Promise.all(this.#members.map(({ generator }, at) => generator.prepare(theirs, part(at))));
    for (const member of this.#members) member.generator.failed.catch((error) => this.#lost(member, error));
    if (this.#clock !== undefined) this.setClock(this.#clock);
  }

  setClock(offsetNs: number): void {
    this.#clock = offsetNs;
    for (const { generator } of this.#members) generator.setClock(offsetNs);
  }

  async connect(): Promise<void> {
    await this.#each((generator) => generator.connect());
  }

  async begin(timetable: Timetable): Promise<void> {
    await this.#each((generator) => generator.begin(timetable));
  }

  async stopPublishing(): Promise<void> {
    await this.#each((generator) => generator.stopPublishing());
  }

  async snapshot(published?: Record<number, number>): Promise<GeneratorSnapshot> {
    return this.#merged((generator) => generator.snapshot(published));
  }

  async finish(published: Record<number, number>): Promise<GeneratorSnapshot> {
    return this.#merged((generator) => generator.finish(published));
  }

  async abort(): Promise<void> {
    this.#aborting.abort();
    await Promise.all(this.#members.map(({ generator }) => generator.abort()));
  }

  #joins(generator: Generator): void {
    this.#members.push({ generator, gone: false, last: undefined });
    if (this.#aborting.signal.aborted) void generator.abort();
  }

  #lost(member: Member, error: unknown): void {
    member.gone = true;
    this.#fail(error);
  }

  /** Asks those that are there. */
  async #each<T>(ask: (generator: Generator, member: Member) => Promise<T>): Promise<void> {
    await Promise.all(
      this.#members
        .filter(({ gone }) => !gone)
        .map(async (member) => {
          try {
            await ask(member.generator, member);
          } catch (error) {
            this.#lost(member, error);
            await setImmediate(); // so that whoever waits for `failed` hears it first
            throw error;
          }
        }),
    );
  }

  async #merged(ask: (generator: Generator) => Promise<GeneratorSnapshot>): Promise<GeneratorSnapshot> {
    await this.#each(async (generator, member) => {
      member.last = await ask(generator);
    });
    const snapshots = this.#members.flatMap(({ last }) => last ?? []);
    if (snapshots.length === 0) throw new Error('none of the generators has said anything yet');
    return snapshots.length === 1 && this.#members.length === 1
      ? snapshots[0]!
      : mergeSnapshots(this.name, snapshots);
  }
}
