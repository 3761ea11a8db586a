/**
 * One run: everything goes on while the nemesis acts; then all is healed, and the histories are checked twice: at rest, and
 * after a good end.
 */
import type { HubStats } from '../../src/main';
import { Random } from '../support/random';
import { ACTIONS, pickAction } from './actions';
import type { Child } from './child';
import type { ClientsReport } from './clients-process';
import { Cluster, VICTIMS, WITNESSES } from './cluster';
import type { HubFarewell } from './hub-process';
import { CHANNELS, sharedClockMs } from './message';

export interface RunPlan {
  seed: number;
  ms: number;
  /** Told of each action. */
  tell(line: string): void;
}

export interface RunResult {
  seed: number;
  actions: { [name: string]: number };
  violations: string[];
  witnesses: ClientsReport;
  victims: ClientsReport;
  stats: HubStats;
  epochs: number;
  /** From the end of the faults until every peer was open and had something new. */
  healMs: number;
  /** From SIGTERM to the end of the hub's process. */
  endMs: number;
  accepted: number;
}

const QUIET_LIMIT_MS = 30_000;
const PER_PROCESS = { witnesses: WITNESSES * CHANNELS.length, victims: VICTIMS * CHANNELS.length };

export async function runNemesis(plan: RunPlan): Promise<RunResult> {
  const cluster = new Cluster();
  try {
    await cluster.begin();
    return await new Run(cluster, plan).go();
  } finally {
    await cluster.end();
  }
}

class Run {
  readonly #cluster: Cluster;
  readonly #plan: RunPlan;
  readonly #random: Random;
  readonly #violations: string[] = [];
  readonly #actions: { [name: string]: number } = {};

  constructor(cluster: Cluster, plan: RunPlan) {
    this.#cluster = cluster;
    this.#plan = plan;
    this.#random = new Random(plan.seed);
  }

  async go(): Promise<RunResult> {
    await this.#fresh();
    await this.#act();
    this.#cluster.clock.step(0);
    await this.#cluster.clients(this.#cluster.victims, { type: 'resume' });
    const healMs = await this.#fresh();
    const stats = await this.#checkAtRest();
    const { endMs, accepted } = await this.#checkGoodEnd();
    const [witnesses, victims] = await Promise.all(
      [this.#cluster.witnesses, this.#cluster.victims].map((process) =>
        this.#cluster.clients(process, { type: 'report' }),
      ),
    );
    this.#violations.push(...witnesses.violations.map((what) => `a witness: ${what}`));
    this.#violations.push(...victims.violations.map((what) => `a victim: ${what}`));
    return {
      seed: this.#plan.seed,
      actions: this.#actions,
      violations: this.#violations,
      witnesses,
      victims,
      stats,
      epochs: this.#cluster.epoch,
      healMs,
      endMs,
      accepted,
    };
  }

  async #act(): Promise<void> {
    const { ms, tell } = this.#plan;
    const begun = sharedClockMs();
    while (sharedClockMs() - begun < ms) {
      const name = pickAction(this.#cluster, this.#random);
      tell(`${((sharedClockMs() - begun) / 1000).toFixed(1).padStart(5)} s  ${name}`);
      await ACTIONS[name].act(this.#cluster, this.#random);
      this.#actions[name] = (this.#actions[name] ?? 0) + 1;
      await pause(50 + this.#random.below(400));
    }
  }

  /** Waits until every peer is open and has something that was posted since. @returns how long that took, in ms */
  async #fresh(): Promise<number> {
    const sinceMs = sharedClockMs();
    for (;;) {
      const [witnesses, victims] = await Promise.all([
        this.#cluster.clients(this.#cluster.witnesses, { type: 'fresh', sinceMs }),
        this.#cluster.clients(this.#cluster.victims, { type: 'fresh', sinceMs }),
      ]);
      if (witnesses.fresh === PER_PROCESS.witnesses && victims.fresh === PER_PROCESS.victims)
        return sharedClockMs() - sinceMs;
      if (sharedClockMs() - sinceMs > QUIET_LIMIT_MS)
        throw new Error(
          `not healed within ${QUIET_LIMIT_MS} ms: ${JSON.stringify({ witnesses, victims })}\n${this.#cluster.hub.stderr}`,
        );
      await pause(10);
    }
  }

  /** Nobody posts; all is sent. Then nothing may be missing, and the counters add up. */
  async #checkAtRest(): Promise<HubStats> {
    const cluster = this.#cluster;
    await cluster.ask({ type: 'pace', burst: 0 });
    const foreign = await cluster.restForeign();
    const stats = await this.#quiet();
    const ledger = [...(await cluster.ask({ type: 'ledger' })), ...foreign];
    await this.#settled(ledger);
    const { addressed, sent, skipped, conflated, abandoned, pending } = stats;
    if (addressed !== sent + skipped + conflated + abandoned + pending)
      this.#violations.push(`the counters do not add up: ${JSON.stringify(stats)}`);
    const { errors } = await cluster.ask({ type: 'stats' });
    this.#violations.push(...errors.map((error) => `the hub: ${error}`));
    return stats;
  }

  async #quiet(): Promise<HubStats> {
    const begun = sharedClockMs();
    for (;;) {
      const { stats } = await this.#cluster.ask({ type: 'stats' });
      if (stats.pending === 0 && stats.drained === stats.posted) return stats;
      if (sharedClockMs() - begun > QUIET_LIMIT_MS)
        throw new Error(`it does not come to rest: ${JSON.stringify(stats)}`);
      await pause(20);
    }
  }

  /** What the hub has handed over may still be on its way: so what is missing is looked for until nothing is. */
  async #settled(ledger: Awaited<ReturnType<Cluster['restForeign']>>): Promise<void> {
    await pause(300);
    for (const process of this.#bothClients) {
      const { settled } = await this.#cluster.clients(process, { type: 'settle', ledger });
      if (settled === 0) this.#violations.push('no connection was there to be looked at');
    }
  }

  get #bothClients(): Child[] {
    return [this.#cluster.witnesses, this.#cluster.victims];
  }

  /** SIGTERM while everybody posts: whoever reads gets all that was accepted. */
  async #checkGoodEnd(): Promise<{ endMs: number; accepted: number }> {
    const cluster = this.#cluster;
    await cluster.ask({ type: 'pace', burst: 2 });
    await pause(200);
    const begun = sharedClockMs();
    cluster.hub.process.kill('SIGTERM');
    const { ledger } = await cluster.hub.hears<HubFarewell>((message) => Object(message).type === 'closed');
    const code = await cluster.hub.ended;
    const endMs = sharedClockMs() - begun;
    if (code !== 0) this.#violations.push(`the hub's process ended with ${code}: ${cluster.hub.stderr}`);
    await this.#settled(ledger);
    return { endMs, accepted: ledger.reduce((sum, row) => sum + row.accepted, 0) };
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
