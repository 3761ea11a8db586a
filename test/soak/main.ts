/**
 * `npm run soak`: one hub for half an hour, while connections, producers and readers come, go and stall. Its memory must not
 * grow, and when everybody has left, nothing is left.
 */
import { parseArgs } from 'node:util';
import type { HubStats } from '../../src/main';
import { ACTIONS } from '../nemesis/actions';
import { endChildren } from '../nemesis/child';
import { Cluster } from '../nemesis/cluster';
import { sharedClockMs } from '../nemesis/message';
import { Random } from '../support/random';
import { slopeOf } from './slope';

const HELP = `Usage: npm run soak -- [options]

  --minutes N    how long (30); the first fifth warms up and does not count
  --seed N       of what happens (random)
  --limit N      the most that memory may grow, in KiB a minute (512)
  --help         this text

Exit codes: 0 memory stayed, and nothing was left; 1 not so, or something failed; 2 usage; 130 Ctrl-C.
`;

/** What happens all the time: whatever does not end the hub's process. */
const CHURN = [
  'peers reset',
  'peers reset',
  'peers not reading',
  'producer thread killed',
  'producer process killed',
  'burst of messages',
];
const SAMPLE_MS = 2_000;
const TOLD_EVERY_MS = 60_000;
const WARM_UP = 1 / 5;
const LEFT_LIMIT_MS = 30_000;

interface Options {
  minutes: number;
  seed: number;
  limitKiB: number;
}

function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '30' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
      limit: { type: 'string', default: '512' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const positive = (flag: 'minutes' | 'seed' | 'limit') => {
    const number = Number(values[flag]);
    if (number > 0) return number;
    throw new RangeError(`--${flag} is ${JSON.stringify(values[flag])}: it must be a number above 0`);
  };
  return { minutes: positive('minutes'), seed: positive('seed'), limitKiB: positive('limit') };
}

class Soak {
  readonly #cluster: Cluster;
  readonly #random: Random;
  readonly #samples: { minutes: number; kib: number }[] = [];
  #acts = 0;

  constructor(cluster: Cluster, seed: number) {
    this.#cluster = cluster;
    this.#random = new Random(seed);
  }

  /** @returns how fast its memory grew, in KiB a minute */
  async churn(minutes: number): Promise<number> {
    const begun = sharedClockMs();
    let sampleMs = 0;
    let toldMs = TOLD_EVERY_MS;
    for (;;) {
      const passed = sharedClockMs() - begun;
      if (passed > minutes * 60_000) break;
      if (passed >= sampleMs) {
        sampleMs += SAMPLE_MS;
        await this.#sample(passed);
      }
      if (passed >= toldMs) {
        toldMs += TOLD_EVERY_MS;
        console.error(`${Math.round(passed / 60_000)} min: ${this.#state}`);
      }
      await ACTIONS[this.#random.pick(CHURN)].act(this.#cluster, this.#random);
      this.#acts++;
      await new Promise((resolve) => setTimeout(resolve, this.#random.below(100)));
    }
    const counted = this.#samples.filter((sample) => sample.minutes >= minutes * WARM_UP);
    return slopeOf(counted.map(({ minutes: x, kib: y }) => ({ x, y })));
  }

  get #state(): string {
    const { kib } = this.#samples[this.#samples.length - 1];
    return `${Math.round(kib / 1024)} MiB, ${this.#acts} times something happened`;
  }

  async #sample(passedMs: number): Promise<void> {
    const { rssBytes } = await this.#cluster.ask({ type: 'stats' });
    this.#samples.push({ minutes: passedMs / 60_000, kib: rssBytes / 1024 });
  }

  /** Everybody leaves. @returns what is left behind, by name */
  async leave(): Promise<{ left: { [name: string]: number }; stats: HubStats }> {
    const cluster = this.#cluster;
    await cluster.ask({ type: 'pace', burst: -1 });
    await cluster.foreign.kill();
    for (const clients of [cluster.witnesses, cluster.victims])
      await cluster.clients(clients, { type: 'leave' });
    const begun = sharedClockMs();
    for (;;) {
      const { stats } = await cluster.ask({ type: 'stats' });
      const left = leftOf(stats);
      if (Object.keys(left).length === 0 || sharedClockMs() - begun > LEFT_LIMIT_MS) return { left, stats };
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async violations(): Promise<string[]> {
    const reports = [this.#cluster.witnesses, this.#cluster.victims].map((process) =>
      this.#cluster.clients(process, { type: 'report' }),
    );
    const { errors } = await this.#cluster.ask({ type: 'stats' });
    return [...(await Promise.all(reports)).flatMap(({ violations }) => violations), ...errors];
  }
}

/** What should be 0 when nobody is there. The hub has one producer of its own. */
function leftOf({ connections, pending, logBytes, producers, channels, posted, drained }: HubStats): {
  [name: string]: number;
} {
  const subscribers = Object.values(channels).reduce((sum, channel) => sum + channel.subscribers, 0);
  const left = {
    connections,
    pending,
    logBytes,
    subscribers,
    'not drained': posted - drained,
    producers: producers.length - 1,
  };
  return Object.fromEntries(Object.entries(left).filter(([, count]) => count !== 0));
}

async function soak({ minutes, seed, limitKiB }: Options): Promise<number> {
  const cluster = new Cluster();
  try {
    await cluster.begin();
    const run = new Soak(cluster, seed);
    const slope = await run.churn(minutes);
    const { left, stats } = await run.leave();
    const violations = await run.violations();
    console.log(
      `memory: ${slope >= 0 ? '+' : ''}${slope.toFixed(0)} KiB a minute (limit ${limitKiB}), seed ${seed}, ${minutes} min`,
    );
    console.log(
      `${stats.accepted} connections, ${stats.posted} messages, ${stats.sent} sent, ${stats.skipped} skipped, ${stats.conflated} conflated, ${stats.abandoned} abandoned, ${stats.disconnectedSlow} cut`,
    );
    console.log(`left behind: ${Object.keys(left).length === 0 ? 'nothing' : JSON.stringify(left)}`);
    for (const violation of violations) console.log(`  ${violation}`);
    return slope <= limitKiB && Object.keys(left).length === 0 && violations.length === 0 ? 0 : 1;
  } finally {
    await cluster.end();
  }
}

async function main(): Promise<number> {
  let options: Options | undefined;
  try {
    options = readOptions();
  } catch (error) {
    console.error(`soak: ${(error as Error).message}\nSee npm run soak -- --help`);
    return 2;
  }
  if (options !== undefined) return soak(options);
  console.log(HELP);
  return 0;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void endChildren().finally(() => process.exit(130)));

main().then(
  (code) => process.exit(code),
  (error) => {
    console.error(`soak: ${(error as Error).stack}`);
    void endChildren().finally(() => process.exit(1));
  },
);
