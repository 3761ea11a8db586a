/** Clients that leave and come while the test runs: churn, and reconnect storms. Thread: a load thread. */

import type { Timetable } from '../../shared/load/generator';
import { type LoadPlan, Mode } from '../../shared/load/plan';
import type { TestClock } from './clock';
import type { Swarm } from './swarm';

/** Parts of the measure window at which all clients are cut. */
const STORMS = [1 / 3, 2 / 3];

export class Upheaval {
  readonly #plan: LoadPlan;
  readonly #swarm: Swarm;
  readonly #clock: TestClock;
  readonly #timers: NodeJS.Timeout[] = [];
  #next = 0;
  #stopped = false;

  constructor(plan: LoadPlan, swarm: Swarm, clock: TestClock) {
    this.#plan = plan;
    this.#swarm = swarm;
    this.#clock = clock;
  }

  begin({ measureFromNs, measureToNs }: Timetable): void {
    if (this.#plan.mode === Mode.CHURN) this.#churnFrom(measureFromNs, measureToNs);
    if (this.#plan.mode === Mode.RECONNECT)
      for (const part of STORMS)
        this.#at(measureFromNs + part * (measureToNs - measureFromNs), () =>
          this.#swarm.replace(this.#swarm.clients, 'terminate'),
        );
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  /** One client after the other, round and round, in even distances. */
  #churnFrom(fromNs: number, toNs: number): void {
    const { clients } = this.#swarm;
    const ownRate = (this.#plan.churnPerSecond * clients.length) / this.#plan.clients;
    const distanceNs = 1e9 / ownRate;
    const step = (dueNs: number): void => {
      if (dueNs >= toNs || clients.length === 0) return;
      this.#at(dueNs, () => {
        this.#swarm.replace([clients[this.#next % clients.length]!], 'close');
        this.#next++;
        step(dueNs + distanceNs);
      });
    };
    step(fromNs + distanceNs);
  }

  #at(ns: number, what: () => void): void {
    if (this.#stopped) return;
    this.#timers.push(setTimeout(what, Math.max(0, (ns - this.#clock.now()) / 1e6)));
  }
}
