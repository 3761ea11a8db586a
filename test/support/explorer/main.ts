/**
 * `npm run explore`: every schedule of every scene within its bounds, then random ones, then whether each seeded fault is
 * found. `--long`: one preemption more. `--scene TEXT`: only the scenes whose names hold it. `--seed N`. `--json`: a line
 * for each result, for programs.
 */
import { parseArgs } from 'node:util';
import { loadRing } from './library';
import { findMutation, MUTATIONS } from './mutations';
import { walk } from './random-walk';
import { SCENES } from './scenes';
import { type Explored, explore, type Scene, traceOf } from './search';

const { values } = parseArgs({
  options: {
    long: { type: 'boolean' },
    json: { type: 'boolean' },
    scene: { type: 'string' },
    seed: { type: 'string' },
  },
});
const seed = Number(values.seed ?? Date.now() & 0x7fff_ffff);
const RANDOM_SCHEDULES = values.long ? 100_000 : 2_000;
/** A scene of the long form is given up after this. */
const LONGEST_MS = 300_000;

const library = loadRing();
const sum = { schedules: 0, killed: 0, ms: 0, faults: 0 };

/** One line: for a program, or for people. */
function tell(result: Record<string, unknown>, text: string): void {
  process.stdout.write(`${values.json ? JSON.stringify(result) : text}\n`);
}

const inWords = (n: number): string => n.toLocaleString('en');
const inSeconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

function exploreScene(scene: Scene): void {
  const preemptions = scene.preemptions + (values.long ? 1 : 0);
  const bounds = { preemptions, kills: scene.kills ?? 0, maxMs: LONGEST_MS };
  const explored = explore(scene, library, bounds);
  sum.schedules += explored.schedules + explored.merged;
  sum.killed += explored.killed;
  sum.ms += explored.ms;
  tell({ scene: scene.name, preemptions, ...explored }, sentenceOf(scene, preemptions, explored));
  if (explored.found === undefined) return;
  sum.faults++;
  for (const line of traceOf(scene, library, explored.found, bounds)) tell({ trace: line }, `    ${line}`);
}

function sentenceOf(scene: Scene, preemptions: number, explored: Explored): string {
  const { schedules, merged, killed, ms, complete, found } = explored;
  if (found !== undefined) return `${scene.name}: FOUND: ${found.message}`;
  const extent = complete ? `all with ≤ ${preemptions} preemptions` : 'given up, not complete';
  const counts = `${inWords(schedules + merged)} schedules (${inWords(merged)} merged), ${inWords(killed)} with a kill`;
  return `${scene.name.padEnd(50)} ${extent}: ${counts}, ${inSeconds(ms)}`;
}

function walkScene(scene: Scene): void {
  const began = performance.now();
  const walked = walk(scene, library, seed, RANDOM_SCHEDULES);
  if (walked.found !== undefined) sum.faults++;
  const outcome = walked.found === undefined ? '' : `: FOUND: ${JSON.stringify(walked.found)}`;
  const took = inSeconds(performance.now() - began);
  tell(
    { random: scene.name, ...walked },
    `${scene.name.padEnd(50)} ${inWords(walked.schedules)} random, ${inWords(walked.killed)} with a kill, seed ${seed}, ${took}${outcome}`,
  );
}

for (const scene of SCENES) if (scene.name.includes(values.scene ?? '')) exploreScene(scene);
tell(
  { inAll: sum },
  `in all ${inWords(sum.schedules)} schedules, ${inWords(sum.killed)} with a kill, ${inSeconds(sum.ms)}`,
);
for (const scene of SCENES) if (scene.name.includes(values.scene ?? '')) walkScene(scene);
for (const mutation of values.scene === undefined ? MUTATIONS : []) {
  const { found, schedules } = findMutation(mutation);
  if (found === undefined) sum.faults++;
  const how =
    found === undefined
      ? 'NOT FOUND'
      : `${found.preemptions} preemptions, ${inWords(schedules)} schedules: ${found.message}`;
  tell({ mutation: mutation.name, schedules, found }, `${mutation.name.padEnd(60)} ${how}`);
}
process.exitCode = sum.faults > 0 ? 1 : 0;
