/**
 * `npm run nemesis`: a hub, its producers and its peers in real processes, and somebody who kills, stops, resets and confuses
 * them. The histories of all connections are checked against what the producers say they posted.
 */
import { parseArgs } from 'node:util';
import { endChildren } from './child';
import { CHANNELS } from './message';
import { type RunResult, runNemesis } from './run';

const HELP = `Usage: npm run nemesis -- [options]

  --runs N       runs (20)
  --seconds N    how long the nemesis acts in each (60)
  --seed N       of the first run; the next one has the next (random)
  --verbose      tells every action
  --help         this text

Exit codes: 0 every promise was kept; 1 not so, or something failed; 2 usage; 130 Ctrl-C.
`;

interface Options {
  runs: number;
  seconds: number;
  seed: number;
  verbose: boolean;
}

function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '20' },
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const whole = (flag: 'runs' | 'seconds' | 'seed', highest: number) => {
    const number = Number(values[flag]);
    if (Number.isInteger(number) && number >= 1 && number <= highest) return number;
    throw new RangeError(
      `--${flag} is ${JSON.stringify(values[flag])}: it must be a whole number from 1 to ${highest}`,
    );
  };
  return {
    runs: whole('runs', 1_000),
    seconds: whole('seconds', 3_600),
    seed: whole('seed', 2 ** 31),
    verbose: values.verbose,
  };
}

function lineOf({
  seed,
  actions,
  victims,
  witnesses,
  healMs,
  endMs,
  accepted,
  violations,
}: RunResult): string {
  const received = [witnesses, victims]
    .flatMap(({ figures }) => Object.values(figures))
    .reduce((sum, one) => sum + one.received, 0);
  const acts = Object.values(actions).reduce((sum, count) => sum + count, 0);
  return `seed ${seed}: ${acts} faults, ${accepted} posted in the last epoch, ${received} received by ${witnesses.connections + victims.connections} connections, healed in ${Math.round(healMs)} ms, ended in ${Math.round(endMs)} ms: ${violations.length === 0 ? 'all kept' : `${violations.length} VIOLATIONS`}`;
}

function summary(results: RunResult[]): string {
  const sums = new Map<string, number>();
  const add = (name: string, count: number) => sums.set(name, (sums.get(name) ?? 0) + count);
  for (const { actions, victims, witnesses, stats, epochs } of results) {
    for (const [name, count] of Object.entries(actions)) add(name, count);
    add('processes of the hub', epochs);
    for (const channel of CHANNELS) {
      for (const { figures } of [witnesses, victims])
        add(`received on ${channel}`, figures[channel].received);
    }
    for (const { codes } of [witnesses, victims])
      for (const [code, count] of Object.entries(codes)) add(`connections ended with ${code}`, count);
    for (const name of ['skipped', 'conflated', 'abandoned', 'disconnectedSlow', 'refused'] as const)
      add(`${name} (last epoch)`, stats[name]);
  }
  return Array.from(sums, ([name, count]) => `  ${name.padEnd(34)} ${String(count).padStart(10)}`).join('\n');
}

async function main(): Promise<number> {
  let options: Options | undefined;
  try {
    options = readOptions();
  } catch (error) {
    console.error(`nemesis: ${(error as Error).message}\nSee npm run nemesis -- --help`);
    return 2;
  }
  if (options === undefined) {
    console.log(HELP);
    return 0;
  }
  const { runs, seconds, seed, verbose } = options;
  const results: RunResult[] = [];
  for (let run = 0; run < runs; run++) {
    const tell = (line: string) => verbose && console.error(line);
    const result = await runNemesis({ seed: seed + run, ms: seconds * 1_000, tell });
    results.push(result);
    console.log(lineOf(result));
    for (const violation of result.violations) console.log(`  ${violation}`);
  }
  console.log(`\n${summary(results)}\n`);
  const violations = results.reduce((sum, result) => sum + result.violations.length, 0);
  const heals = results.map(({ healMs }) => healMs).sort((one, other) => one - other);
  console.log(
    `healed: median ${Math.round(heals[heals.length >> 1])} ms, worst ${Math.round(heals[heals.length - 1])} ms`,
  );
  console.log(`${runs} runs of ${seconds} s, seeds from ${seed}: ${violations} violations`);
  return violations === 0 ? 0 : 1;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void endChildren().finally(() => process.exit(130)));

main().then(
  (code) => process.exit(code),
  (error) => {
    console.error(`nemesis: ${(error as Error).stack}`);
    void endChildren().finally(() => process.exit(1));
  },
);
