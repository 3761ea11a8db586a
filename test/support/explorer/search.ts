/**
 * Runs a scene under every schedule that its bounds allow, or under random ones.
 *
 * Depth first: a run is done anew from its start for each branch, since generators cannot be copied. Where a run comes to
 * a state that was explored before with at least as many preemptions left, it is given up: what follows is known.
 *
 * A preemption is a switch away from a thread that could go on, or its death. A switch from one that waits or has ended
 * is free.
 */
import { Finding } from './finding';
import type { Library } from './library';
import { mixA, mixB, type SimThread, ThreadState } from './machine';
import { StateTable } from './state-table';
import type { World } from './world';

export interface Scene {
  name: string;
  /** What is looked at. */
  start(library: Library): World;
  /** How many preemptions, and kills, there may be in one schedule. */
  preemptions: number;
  kills?: number;
}

export interface Bounds {
  preemptions: number;
  kills: number;
  /** Gives up states seen before. Without it every schedule is run to its end. */
  merge?: boolean;
  maxSchedules?: number;
  maxMs?: number;
}

export interface Explored {
  /** Runs to the end. */
  schedules: number;
  /** Runs that came to a state explored before. */
  merged: number;
  steps: number;
  /** Schedules, ended or merged, in which a thread was killed. */
  killed: number;
  /** Whether all was explored, within the bounds. */
  complete: boolean;
  ms: number;
  found?: Found;
}

export interface Found {
  message: string;
  /** Choices that lead there. */
  choices: number[];
  preemptions: number;
  kills: number;
}

const KILL = 0x100;
/** More preemptions than any schedule has. */
const MANY = 250;

/** One way through a scene, as far as it was chosen. */
export class Run {
  readonly world: World;
  readonly #threads: SimThread[];
  current: SimThread | undefined;
  preemptions = 0;
  kills = 0;
  steps = 0;

  constructor(scene: Scene, library: Library) {
    this.world = scene.start(library);
    this.#threads = library.machine.threads;
  }

  /** Fills in what may happen next: thread ids, and `KILL` for the death of the present one. The first is no preemption. */
  options(into: number[], bounds: Bounds): void {
    into.length = 0;
    const { current } = this;
    const goesOn = current !== undefined && current.state === ThreadState.READY;
    if (goesOn) into.push(current.id);
    if (!goesOn || this.preemptions < bounds.preemptions) {
      for (const thread of this.#threads)
        if (thread !== current && thread.state === ThreadState.READY) into.push(thread.id);
    }
    if (current?.killable === true && this.kills < bounds.kills && this.preemptions < bounds.preemptions) {
      if (current.state <= ThreadState.BLOCKED) into.push(KILL);
    }
  }

  /** Which of the options is the death of the present thread; -1: none. */
  killAmong(options: number[]): number {
    return options.indexOf(KILL);
  }

  take(option: number): void {
    const { machine } = this.world.library;
    if (option === KILL) {
      this.kills++;
      this.preemptions++;
      if (this.world.pauses) machine.pause(this.current as SimThread);
      else machine.kill(this.current as SimThread);
      return;
    }
    const next = this.#threads[option];
    if (this.current !== next && this.current?.state === ThreadState.READY) this.preemptions++;
    this.current = next;
    this.steps++;
    machine.step(next);
  }

  /** Whether all that decides what can follow was noted before, with as many preemptions left. */
  isKnown(states: StateTable, bounds: Bounds): boolean {
    const { memory } = this.world.library;
    let a = memory.hashA ^ this.world.history.hash;
    let b = memory.hashB ^ Math.imul(this.world.history.hash, 0x9e37_79b1);
    for (const thread of this.#threads) {
      if (thread.state >= ThreadState.DONE) {
        a = mixA(a, thread.state); // what it knew matters no more
        continue;
      }
      const place = mixA(thread.state, thread.queueHash);
      a = mixA(a, thread.hashA ^ place);
      b = mixB(b, thread.hashB + place);
    }
    b = mixB(b, this.current === undefined ? -1 : this.current.id);
    return states.covers(a, mixB(b, this.kills), Math.min(MANY, bounds.preemptions - this.preemptions));
  }
}

interface Branch {
  at: number;
  count: number;
}

/**
 * All schedules within the bounds; ends at the first finding.
 *
 * A word that only one thread uses is no point where others may go on. Which these are is learnt: when one turns out to be
 * shared, everything is done again.
 */
export function explore(scene: Scene, library: Library, bounds: Bounds = boundsOf(scene)): Explored {
  const { memory } = library;
  memory.unlearn();
  for (;;) {
    const before = memory.learnt;
    const explored = exploreOnce(scene, library, bounds);
    if (memory.learnt === before || explored.found !== undefined || memory.everyAccess) return explored;
  }
}

function exploreOnce(scene: Scene, library: Library, bounds: Bounds): Explored {
  const began = performance.now();
  const learnt = library.memory.learnt;
  const explored: Explored = { schedules: 0, merged: 0, steps: 0, killed: 0, complete: false, ms: 0 };
  const path: Branch[] = [];
  const states = new StateTable();
  for (;;) {
    const run = new Run(scene, library);
    try {
      const ended = follow(run, path, bounds, bounds.merge === false ? undefined : states);
      if (ended) {
        run.world.finish();
        explored.schedules++;
      } else explored.merged++;
    } catch (error) {
      explored.found = foundBy(error, run, path);
    }
    explored.steps += run.steps;
    if (run.kills > 0) explored.killed++;
    if (explored.found !== undefined) break;
    if (library.memory.learnt !== learnt && !library.memory.everyAccess) break; // all over again
    while (path.length > 0 && ++path[path.length - 1].at >= path[path.length - 1].count) path.pop();
    if (path.length === 0) explored.complete = true;
    if (
      explored.complete ||
      explored.schedules + explored.merged >= (bounds.maxSchedules ?? Number.POSITIVE_INFINITY)
    )
      break;
    if (performance.now() - began > (bounds.maxMs ?? Number.POSITIVE_INFINITY)) break;
  }
  explored.ms = performance.now() - began;
  return explored;
}

export function boundsOf({ preemptions, kills = 0 }: Scene): Bounds {
  return { preemptions, kills };
}

/** Follows the path, then the first choice at each branch. @returns false where what follows is known */
function follow(run: Run, path: Branch[], bounds: Bounds, states: StateTable | undefined): boolean {
  const options: number[] = [];
  for (let depth = 0; ; ) {
    run.options(options, bounds);
    if (options.length === 0) return true;
    if (options.length === 1 && options[0] !== KILL) {
      run.take(options[0]);
      continue;
    }
    const onlyDeath = options.length === 1;
    if (depth === path.length) {
      if (states !== undefined && run.isKnown(states, bounds)) return false;
      path.push({ at: 0, count: options.length + (onlyDeath ? 1 : 0) });
    }
    const { at } = path[depth++];
    if (at === options.length) return true; // it may just as well live on, and wait
    run.take(options[onlyDeath ? 0 : at]);
  }
}

function foundBy(error: unknown, run: Run, path: Branch[]): Found {
  if (!(error instanceof Error)) throw error;
  return {
    message: error instanceof Finding ? error.message : `${error.name}: ${error.message}`,
    choices: path.map(({ at }) => at),
    preemptions: run.preemptions,
    kills: run.kills,
  };
}

/** Follows the choices of a finding once more, and tells what happened step by step. */
export function traceOf(
  scene: Scene,
  library: Library,
  found: Found,
  bounds: Bounds = boundsOf(scene),
): string[] {
  const run = new Run(scene, library);
  library.machine.trace = [];
  try {
    follow(
      run,
      found.choices.map((at) => ({ at, count: at + 1 })),
      { ...bounds, merge: false },
      undefined,
    );
    run.world.finish();
  } catch (error) {
    library.machine.trace.push(String(error));
  }
  const { trace } = library.machine;
  library.machine.trace = undefined;
  return trace;
}
