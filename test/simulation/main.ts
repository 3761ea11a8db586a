/** `npm run simulate`: the engine with a clock, sockets and producers that a seed drives, against a naive model. */
import { parseArgs } from 'node:util';
import { expect } from 'expect';
import { SIGHTS, type Sight, simulate } from '../support/simulation-run';
import '../support/quiet-log';

Object.assign(globalThis, { expect });

const HELP = `Usage: npm run simulate -- [options]

  --seeds N   how many (10000)
  --first N   the first of them (1)
  --help      this text

Exit codes: 0 every promise was kept, and every rare state was reached; 1 not so; 2 usage.
`;

const TOLD_EVERY = 1_000;

function readOptions(): { seeds: number; first: number } | undefined {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '10000' },
      first: { type: 'string', default: '1' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const whole = (flag: 'seeds' | 'first') => {
    const number = Number(values[flag]);
    if (Number.isInteger(number) && number >= 1 && number < 2 ** 31) return number;
    throw new RangeError(`--${flag} is ${JSON.stringify(values[flag])}: it must be a whole number from 1`);
  };
  return { seeds: whole('seeds'), first: whole('first') };
}

async function run(seeds: number, first: number): Promise<number> {
  const begun = performance.now();
  const seen = new Map<Sight, number>(SIGHTS.map((sight) => [sight, 0]));
  const failed: number[] = [];
  for (let seed = first; seed < first + seeds; seed++) {
    try {
      for (const sight of await simulate(seed)) seen.set(sight, (seen.get(sight) ?? 0) + 1);
    } catch (error) {
      failed.push(seed);
      console.log(`seed ${seed}: ${(error as Error).message}`);
    }
    if ((seed - first + 1) % TOLD_EVERY === 0) console.error(`${seed - first + 1} of ${seeds} seeds`);
  }
  const seconds = (performance.now() - begun) / 1000;
  for (const [sight, times] of seen)
    console.log(`  ${sight.padEnd(34)} in ${String(times).padStart(7)} seeds`);
  const never = SIGHTS.filter((sight) => seen.get(sight) === 0);
  if (never.length > 0) console.log(`never reached: ${never.join(', ')}`);
  console.log(`${seeds} seeds from ${first} in ${seconds.toFixed(0)} s: ${failed.length} failed`);
  return failed.length === 0 && never.length === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  try {
    const options = readOptions();
    if (options !== undefined) return await run(options.seeds, options.first);
    console.log(HELP);
    return 0;
  } catch (error) {
    console.error(`simulate: ${(error as Error).message}\nSee npm run simulate -- --help`);
    return 2;
  }
}

void main().then((code) => process.exit(code));
