/** One attack, tried on a hub of its own, and what came of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Arena, type Attack, WITNESSES } from './arena';

export interface Trial {
  attack: string;
  count: number;
  seconds: number;
  /** How those who took part ended. */
  outcomes: Record<string, number>;
  /** At the peak, above what it was when the attack began; null: not measured. */
  growthMiB: number | null;
  maxGrowthMiB: number | undefined;
  quietP99Ms: number | null;
  p99Ms: number | null;
  witnessed: number;
  notes: string;
  /** What must not be. Empty: it held. */
  faults: string[];
}

/** Witnesses see this much of a quiet hub first. */
const QUIET_MS = { short: 300, long: 3_000 };

export type Form = 'short' | 'long';

export async function tryAttack(attack: Attack, form: Form, seed: number): Promise<Trial> {
  const arena = await Arena.open(attack.hub, seed);
  try {
    return await judged(arena, attack, form);
  } finally {
    await arena.close();
  }
}

async function judged(arena: Arena, attack: Attack, form: Form): Promise<Trial> {
  const count = attack.count[form];
  await arena.warmUp();
  await arena.witnessed();
  await sleep(QUIET_MS[form]); // how late messages come without the attack
  const quiet = await arena.witnessed();
  const start = performance.now();
  const faults: string[] = [];
  await arena.begin();
  await attack.run(arena, count).catch((error: Error) => faults.push(`the attack failed: ${error.message}`));
  arena.measure();
  const seconds = (performance.now() - start) / 1_000;
  if (!arena.alive) faults.push(`the hub's process ended: ${arena.lastWords.slice(-2_000)}`);
  const seen = await arena.witnessed();
  if (seen.lost > 0) faults.push(`witnesses lost ${seen.lost} messages`);
  if (seen.ended > 0) faults.push(`${seen.ended} of ${WITNESSES} witnesses were cut`);
  if (seen.received === 0) faults.push('witnesses got nothing');
  await arena.settled().catch((error: Error) => faults.push(error.message));
  faults.push(...surprises(arena, attack), ...growthFault(arena, attack));
  return {
    attack: attack.name,
    count,
    seconds,
    outcomes: Object.fromEntries(arena.outcomes),
    growthMiB: arena.growthMiB,
    maxGrowthMiB: attack.maxGrowthMiB,
    quietP99Ms: quiet.p99Ms,
    p99Ms: seen.p99Ms,
    witnessed: seen.received,
    notes: arena.notes,
    faults,
  };
}

/** Ends that the attack may not have; and an attack that never happened is none. */
function surprises(arena: Arena, { outcomes }: Attack): string[] {
  const unexpected = [...arena.outcomes].filter(([outcome]) => !outcomes.includes(outcome));
  const faults = unexpected.map(([outcome, times]) => `${times} times ${outcome}`);
  if (arena.outcomes.size === 0) faults.push('nobody took part');
  return faults;
}

function growthFault({ growthMiB }: Arena, { maxGrowthMiB }: Attack): string[] {
  if (growthMiB === null || maxGrowthMiB === undefined || growthMiB <= maxGrowthMiB) return [];
  return [`grew by ${growthMiB.toFixed(1)} MiB: ${maxGrowthMiB} are allowed`];
}
