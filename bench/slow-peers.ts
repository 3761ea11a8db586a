/**
 * What good peers wait while a twentieth of all peers never read, stall, or read 1 KiB a second, next to what they wait when
 * all are good: for each policy that does not stop the producer, in turns within one run.
 *
 *     npm run bench:slow-peers -- [rounds] [seconds]        (default 5 10)
 *
 * Each peer is sent 1 MB a second: the slow ones are past the limit of 4 MiB before the measurement begins.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { type LoadOptions, loadTest } from '../src/main/load';
import { median } from './support/rig';

const ROUNDS = Number(process.argv[2] ?? 5);
const SECONDS = Number(process.argv[3] ?? 10);
const CLIENTS = 60;
const POLICIES = ['disconnect', 'skip', 'conflate'] as const;
const SLOW: LoadOptions['slow'] = [
  { clients: 1, behaviour: { kind: 'never-read' } },
  { clients: 1, behaviour: { kind: 'stall', stallMs: 5_000, everyMs: 7_500 } },
  { clients: 1, behaviour: { kind: 'rate', bytesPerSecond: 1_024 } },
];

interface Fates {
  skipped: number;
  conflated: number;
  disconnectedSlow: number;
}

async function measure(
  policy: string,
  slow: LoadOptions['slow'],
): Promise<{ p99Ms: number; lost: number; fates: Fates }> {
  const hub = fork(path.join(__dirname, 'support', 'slow-hub.ts'), [policy], {
    execArgv: ['-r', 'ts-node/register/transpile-only'],
  });
  try {
    const [{ url }] = (await once(hub, 'message')) as [{ url: string }];
    const result = await loadTest({
      url: `${url}/ticks`,
      clients: CLIENTS,
      ratePerSecond: 125,
      sizeBytes: 8 * 1024,
      durationMs: SECONDS * 1_000,
      warmupMs: 6_000,
      slow,
    });
    const fast = result.groups.find(({ name }) => name === 'fast');
    const fates = await end(hub);
    return { p99Ms: fast?.response.percentiles['99'] ?? Number.NaN, lost: fast?.lost ?? Number.NaN, fates };
  } finally {
    if (hub.exitCode === null && hub.signalCode === null) hub.kill('SIGKILL');
  }
}

async function end(hub: ChildProcess): Promise<Fates> {
  const answer = once(hub, 'message');
  hub.send('end');
  const [fates] = (await answer) as [Fates];
  await once(hub, 'exit');
  return fates;
}

async function main(): Promise<void> {
  const figures = new Map(
    POLICIES.map((policy) => [policy, { quiet: [] as number[], slow: [] as number[], lost: 0 }]),
  );
  const last = new Map<string, Fates>();
  for (let round = 1; round <= ROUNDS; round++) {
    for (const [policy, of] of figures) {
      const quiet = await measure(policy, undefined);
      const slow = await measure(policy, SLOW);
      of.quiet.push(quiet.p99Ms);
      of.slow.push(slow.p99Ms);
      of.lost += slow.lost;
      last.set(policy, slow.fates);
      console.error(
        `round ${round}  ${policy.padEnd(10)} p99 ${quiet.p99Ms} ms, with slow peers ${slow.p99Ms} ms`,
      );
    }
  }
  console.log(
    '| policy | p99 of good peers, all good | with 5 % slow | ratio | good peers lost | of the slow |',
  );
  console.log('|---|---|---|---|---|---|');
  for (const [policy, { quiet, slow, lost }] of figures) {
    const { skipped, conflated, disconnectedSlow } = last.get(policy) as Fates;
    const ratio = (median(slow) / median(quiet)).toFixed(2);
    const fates = `${disconnectedSlow} cut, ${skipped} skipped, ${conflated} conflated`;
    console.log(
      `| ${policy} | ${median(quiet).toFixed(2)} ms | ${median(slow).toFixed(2)} ms | ${ratio} | ${lost} | ${fates} |`,
    );
  }
}

void main();
