/**
 * Random schedules, with a seed, for what is too large to be explored whole: each thread goes on for a while, then another.
 * A schedule that finds something is made as short as it can be: deviations are left out as long as it is still found.
 */
import type { Library } from './library';
import { Run, type Scene } from './search';

/** At each step another thread goes on with this probability. */
const SWITCH = 0.15;
const KILL_PART = 0.02;

export interface Walk {
  schedules: number;
  steps: number;
  killed: number;
  seed: number;
  /** `switches`: how many deviations it had as it was found. */
  found?: { message: string; schedule: number; switches: number; deviations: Deviation[] };
}

/** At this step not the thread that was going on, but the option of this number. */
export interface Deviation {
  step: number;
  option: number;
}

const ANY = { preemptions: Number.POSITIVE_INFINITY, kills: 1 };

export function walk(scene: Scene, library: Library, seed: number, schedules: number): Walk {
  library.memory.everyAccess = true; // nothing is merged: also a plain store is a place to stop
  const random = randomOf(seed);
  const done: Walk = { schedules: 0, steps: 0, killed: 0, seed };
  const kills = scene.kills ?? 0;
  while (done.schedules < schedules && done.found === undefined) {
    const deviations: Deviation[] = [];
    const choose = (step: number, count: number, killsAt: number) => {
      if (random() >= SWITCH) return 0;
      const option = Math.floor(random() * count);
      if (option === killsAt && random() > KILL_PART) return 0;
      if (option !== 0) deviations.push({ step, option });
      return option;
    };
    const { message, run } = follow(scene, library, kills, choose);
    done.schedules++;
    done.steps += run.steps;
    if (run.kills > 0) done.killed++;
    if (message !== undefined) {
      const shortest = shrink(scene, library, kills, deviations);
      done.found = {
        message,
        schedule: done.schedules,
        switches: deviations.length,
        deviations: shortest,
      };
    }
  }
  library.memory.everyAccess = false;
  return done;
}

/** Leaves out what can be left out, again and again: one switch may be needless only once another is gone. */
function shrink(scene: Scene, library: Library, kills: number, deviations: Deviation[]): Deviation[] {
  for (let at = 0; at < deviations.length; ) {
    const fewer = deviations.filter((_, index) => index !== at);
    const { message } = follow(scene, library, kills, chooseFrom(fewer));
    if (message === undefined) {
      at++;
    } else {
      deviations = fewer;
      at = 0;
    }
  }
  return deviations;
}

function chooseFrom(deviations: Deviation[]): (step: number, count: number) => number {
  const bySteps = new Map(deviations.map(({ step, option }) => [step, option]));
  return (step, count) => Math.min(bySteps.get(step) ?? 0, count - 1);
}

function follow(
  scene: Scene,
  library: Library,
  kills: number,
  choose: (step: number, count: number, killsAt: number) => number,
): { message: string | undefined; run: Run } {
  const run = new Run(scene, library);
  const options: number[] = [];
  try {
    for (let step = 0; ; step++) {
      run.options(options, { ...ANY, kills });
      const killsAt = run.killAmong(options);
      if (options.length === 0 || (options.length === 1 && killsAt === 0)) break;
      run.take(options[choose(step, options.length, killsAt)]);
    }
    run.world.finish();
    return { message: undefined, run };
  } catch (error) {
    return { message: (error as Error).message, run };
  }
}

/** Numbers from 0 to 1 that a seed decides. */
function randomOf(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 8) / 2 ** 24;
  };
}
