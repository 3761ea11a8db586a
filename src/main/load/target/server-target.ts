/** A server of ours as a target, in a process of its own. Thread: the coordinator's. */
import type { Timetable } from '../../../shared/load/generator';
import type { LoadPlan } from '../../../shared/load/plan';
import type { ServerSample, Target, TargetPublishing } from '../../../shared/load/target';
import { unpack } from './protocol';
import type { ServerName } from './running-server';
import { TargetProcess } from './target-process';
import { sampleOf } from './url-target';

export async function startServerTarget(
  kind: 'hub' | 'reference',
  name: ServerName,
  plan: LoadPlan,
): Promise<Target> {
  const process = new TargetProcess();
  try {
    const { url, publishing } = await process.ask('start', { name, plan });
    return new ServerTarget(kind, name, url, process, publishing);
  } catch (error) {
    await process.stop();
    throw error;
  }
}

class ServerTarget implements Target {
  readonly kind: 'hub' | 'reference';
  readonly name: string;
  readonly url: string;
  readonly publishing: TargetPublishing | undefined;
  readonly failed: Promise<never>;
  readonly #process: TargetProcess;
  /** Publishing threads inside it. */
  #publishers: number[] = [];

  constructor(
    kind: 'hub' | 'reference',
    name: string,
    url: string,
    process: TargetProcess,
    publishes: boolean,
  ) {
    this.kind = kind;
    this.name = name;
    this.url = url;
    this.failed = process.failed;
    this.#process = process;
    if (publishes) this.publishing = this.#publishing();
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  sample(): ServerSample | null {
    return this.pid === undefined ? null : sampleOf(this.pid, this.#publishers);
  }

  async report(published?: Record<number, number>): ReturnType<NonNullable<Target['report']>> {
    return unpack(await this.#process.ask('report', { published }));
  }

  async begin(timetable: Timetable): Promise<void> {
    await this.#process.ask('begin', { timetable });
  }

  stop(): Promise<void> {
    return this.#process.stop();
  }

  #publishing(): TargetPublishing {
    const process = this.#process;
    return {
      prepare: async (plan, publishers) => {
        this.#publishers = (await process.ask('prepare', { plan, publishers })).threads;
      },
      begin: (timetable) => this.begin(timetable),
      stop: () => process.ask('stopPublishing', undefined),
      snapshot: async () => unpack(await process.ask('snapshot', undefined)),
    };
  }
}
