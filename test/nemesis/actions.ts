/** What the nemesis does. Each is safe to do at any time, and heals by itself or by `heal`. */
import type { Random } from '../support/random';
import type { Cluster } from './cluster';
import { THREADS } from './cluster';

export interface Action {
  /** How often it is picked, relative to the others. */
  weight: number;
  act(cluster: Cluster, random: Random): Promise<void> | void;
  possible?(cluster: Cluster): boolean;
}

export const ACTIONS: { [name: string]: Action } = {
  'producer thread killed': {
    weight: 20,
    act: (cluster, random) => cluster.ask({ type: 'kill-producer', seat: random.below(THREADS) }),
  },
  'producer process killed': {
    weight: 4,
    async act(cluster) {
      await cluster.foreign.kill();
      cluster.startForeign();
    },
  },
  'producer process stopped': {
    weight: 6,
    act: (cluster, random) => cluster.foreign.stopFor(100 + random.below(1_500)),
  },
  'peers stopped': {
    weight: 6,
    act: (cluster, random) => cluster.victims.stopFor(500 + random.below(3_500)),
  },
  'peers not reading': {
    weight: 14,
    act: (cluster, random) =>
      cluster.clients(cluster.victims, { type: 'pause', picks: picks(random), forMs: random.below(5_000) }),
  },
  'peers reset': {
    weight: 10,
    act: (cluster, random) => cluster.clients(cluster.victims, { type: 'reset', picks: picks(random) }),
  },
  'burst of messages': {
    weight: 8,
    async act(cluster, random) {
      await cluster.ask({ type: 'pace', burst: 20 });
      await new Promise((resolve) => setTimeout(resolve, random.below(600)));
      await cluster.ask({ type: 'pace', burst: 1 });
    },
  },
  'service thread threw': { weight: 3, act: (cluster) => cluster.crashService('throw') },
  'service thread exited': { weight: 2, act: (cluster) => cluster.crashService('exit') },
  'service thread hung': { weight: 1, act: (cluster) => cluster.crashService('hang') },
  'wall clock stepped': {
    weight: 6,
    possible: ({ clock }) => clock.canStep,
    act: ({ clock }, random) => clock.step(random.pick([-1, 0, 1])),
  },
  'limits changed': {
    weight: 3,
    act: (cluster, random) =>
      cluster.ask({ type: 'reconfigure', maxLagBytes: random.pick([128, 256, 512]) * 1024 }),
  },
  'hub process killed': {
    weight: 1,
    async act(cluster) {
      await cluster.hub.kill();
      await cluster.startHub();
    },
  },
};

/** One to six of the victims. */
function picks(random: Random): number[] {
  return Array.from({ length: 1 + random.below(6) }, () => random.below(1_000) / 1_000);
}

export function pickAction(cluster: Cluster, random: Random): string {
  const possible = Object.entries(ACTIONS).filter(([, { possible: may }]) => may?.(cluster) ?? true);
  let dice = random.below(possible.reduce((sum, [, { weight }]) => sum + weight, 0));
  for (const [name, { weight }] of possible) {
    if (dice < weight) return name;
    dice -= weight;
  }
  throw new Error('the weights do not add up');
}
