/** Servers under test, from the build: each is a process of its own, and from sources it would take seconds to start. */
import { readFileSync } from 'node:fs';
import type { LoadOptions } from '../../src/main/load/options';
import { resolvePlan } from '../../src/main/load/resolve-plan';
import type { LoadPlan } from '../../src/shared/load/plan';
import type { Target } from '../../src/shared/load/target';
import { until, whenOver } from './hubs';

type Built = typeof import('../../src/main/load/target/start-target') &
  typeof import('../../src/main/load/target/command-target');

function built(): Built {
  const folder = '../../dist/main/load/target';
  return { ...require(`${folder}/start-target`), ...require(`${folder}/command-target`) };
}

/** A target, and the plan that it was started for. It is ended when the test is over. */
export async function startTarget(options: LoadOptions): Promise<{ target: Target; plan: LoadPlan }> {
  const plan = resolvePlan(options);
  const target = await built().startTarget(options, plan);
  whenOver(() => target.stop());
  return { target, plan };
}

/** @param graceMs between SIGTERM and SIGKILL */
export async function startCommand(
  command: NonNullable<LoadOptions['command']>,
  url: string,
  graceMs?: number,
): Promise<Target> {
  const target = await built().startCommandTarget(command, url, graceMs);
  whenOver(() => target.stop());
  return target;
}

/** A process that is dead, and that nobody has buried yet, does not live. */
export function lives(pid: number): boolean {
  try {
    return !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

export async function untilGone(...pids: number[]): Promise<void> {
  await until(() => !pids.some(lives), `processes ${pids} are gone`);
}
