/**
 * Hostile peers against a hub in its own process, while five well-behaved ones watch.
 *
 *     npm run attack                             every attack, about ten minutes
 *     npm run attack -- --short                  as in the gate
 *     npm run attack -- --only 'random' --seed 7
 */
import { parseArgs } from 'node:util';
import { ATTACKS, type Form, type Trial, tryAttack } from '../test/support/attacks';

/** A witness may wait so many times as long as without an attack. */
const WANTED_RATIO = 3;

function row(trial: Trial): string {
  const { attack, count, seconds, growthMiB, maxGrowthMiB, quietP99Ms, p99Ms, outcomes, notes, faults } =
    trial;
  const growth =
    growthMiB === null ? 'n/a' : `${growthMiB.toFixed(1)}${maxGrowthMiB ? ` of ${maxGrowthMiB}` : ''}`;
  const ratio = quietP99Ms && p99Ms ? (p99Ms / quietP99Ms).toFixed(1) : 'n/a';
  const delay = `${quietP99Ms?.toFixed(2) ?? 'n/a'} → ${p99Ms?.toFixed(2) ?? 'n/a'}`;
  const ends = Object.entries(outcomes).sort(([, one], [, other]) => other - one);
  const shown = ends.slice(0, 6).map(([outcome, times]) => `${outcome} ×${times}`);
  if (ends.length > shown.length) shown.push(`${ends.length - shown.length} more`);
  const verdict = faults.length === 0 ? 'held' : `FAILED: ${faults.join('; ')}`;
  const cells = [attack, count, seconds.toFixed(1), growth, delay, ratio, shown.join(', '), notes, verdict];
  return `| ${cells.join(' | ')} |`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      short: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      seed: { type: 'string', default: `${Date.now() % 100_000}` },
    },
  });
  const form: Form = values.short ? 'short' : 'long';
  const seed = Number(values.seed);
  const attacks = ATTACKS.filter(({ name }) => name.includes(values.only));
  if (attacks.length === 0) throw new Error(`no attack has ${JSON.stringify(values.only)} in its name`);
  console.log(`seed ${seed}, ${form} form, ${attacks.length} attacks\n`);
  console.log(
    '| attack | tries | s | growth, MiB | p99 of witnesses, ms: quiet → attacked | ratio | how they ended | notes | verdict |',
  );
  console.log('|---|---|---|---|---|---|---|---|---|');
  const trials: Trial[] = [];
  for (const attack of attacks) {
    const trial = await tryAttack(attack, form, seed);
    trials.push(trial);
    console.log(row(trial));
  }
  const failed = trials.filter(({ faults }) => faults.length > 0).length;
  const slow = trials.filter(({ quietP99Ms, p99Ms }) => (p99Ms ?? 0) >= WANTED_RATIO * (quietP99Ms ?? 0));
  console.log(
    `\n${trials.length - failed} of ${trials.length} held, ${trials.reduce((sum, { count }) => sum + count, 0)} tries`,
  );
  console.log(`p99 of the witnesses ${WANTED_RATIO} times the quiet one or more in ${slow.length} of them`);
  if (failed > 0) process.exitCode = 1;
}

void main();
