/**
 * The demo, `npm run demo`: the main job on real input. Four producer threads replay 20,000 real flights into one hub;
 * 300 WebSocket peers in another process check that each message came: bit for bit, in order, once.
 *
 * It ends with a table and the line `lost 0`. The exit code is 0 only if nothing was lost, doubled, reordered or corrupt.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createHub, type Hub, type HubOptions } from '../../src/main';
import { CHANNEL, loadFlights, MAX_PRODUCERS } from './flights';
import type { FromPeers, ToPeers } from './peers';
import type { ProducerTask } from './producer';
import { figures, formatTable, LiveLine } from './report';
import { Signals } from './signals';
import type { Findings } from './verifier';

const HELP = `Usage: npm run demo -- [options]

Replays real flight records from producer threads, through one hub, to WebSocket peers that check every byte.

  --peers N      WebSocket connections (300)
  --producers N  producer threads (4)
  --records N    flights to replay, at most 20000 (20000)
  --rate N       messages a second, all producers together (500)
  --help         this text

Exit codes: 0 every message came, bit for bit, in order, once; 1 not so, or something failed; 2 usage; 130 Ctrl-C.
`;

const ExitCode = { OK: 0, FAILED: 1, USAGE: 2, INTERRUPTED: 130 } as const;

interface Plan {
  peers: number;
  producers: number;
  records: number;
  ratePerSecond: number;
}

/** Everything that the run is made of. */
interface Run {
  plan: Plan;
  hub: Hub;
  peers: Peers;
  signals: Signals;
}

/** Nothing is lost: producers wait for slow peers. And a busy machine is no reason to cut one. */
const HUB_OPTIONS: HubOptions = {
  channels: { [CHANNEL]: { slow: 'wait' } },
};

function readPlan(): Plan | undefined {
  const { values } = parseArgs({
    options: {
      peers: { type: 'string', default: '300' },
      producers: { type: 'string', default: '4' },
      records: { type: 'string', default: '20000' },
      rate: { type: 'string', default: '500' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  return {
    peers: numberOf('peers', values.peers, 10_000),
    producers: numberOf('producers', values.producers, MAX_PRODUCERS),
    records: numberOf('records', values.records, loadFlights().length),
    ratePerSecond: numberOf('rate', values.rate, 1_000_000),
  };
}

function numberOf(flag: string, text: string, highest: number): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > highest) {
    throw new RangeError(
      `--${flag} is ${JSON.stringify(text)}: it must be a whole number from 1 to ${highest}`,
    );
  }
  return number;
}

/** The other process, which holds the peers. */
class Peers {
  readonly #process: ChildProcess;
  readonly #messages: FromPeers[] = [];
  /** Rejects when the process ends, or tells of a failure. */
  readonly #failed: Promise<never>;
  #findings: Findings | undefined;

  constructor() {
    this.#process = fork(path.join(__dirname, `peers${path.extname(__filename)}`));
    this.#process.on('message', (message: FromPeers) => {
      if (message.type === 'progress') this.#findings = message;
      else this.#messages.push(message);
    });
    this.#failed = new Promise((_, reject) => {
      this.#process.on('error', reject);
      this.#process.on('exit', (code, signal) =>
        reject(
          new Error(`the process of the peers ended before the demo did (${signal ?? `exit code ${code}`})`),
        ),
      );
      this.#process.on('message', (message: FromPeers) => {
        if (message.type === 'failed') reject(new Error(`a peer could not connect: ${message.message}`));
      });
    });
    this.#failed.catch(() => {});
  }

  get findings(): Findings | undefined {
    return this.#findings;
  }

  get failed(): Promise<never> {
    return this.#failed;
  }

  tell(message: ToPeers): void {
    this.#process.send(message);
  }

  async hear<Type extends FromPeers['type']>(type: Type): Promise<Extract<FromPeers, { type: Type }>> {
    for (;;) {
      const found = this.#messages.find((message) => message.type === type);
      if (found !== undefined) return found as Extract<FromPeers, { type: Type }>;
      await Promise.race([once(this.#process, 'message'), this.#failed]);
    }
  }

  end(): void {
    this.#process.removeAllListeners('exit');
    if (this.#process.connected) this.#process.disconnect();
  }
}

/** Runs the producers to their end, or until they are told to stop. @returns how many messages they posted */
async function produce({ plan, hub, signals }: Run): Promise<number> {
  const { producers, records, ratePerSecond } = plan;
  const pool = hub.createProducerPool({
    filename: path.join(__dirname, `producer${path.extname(__filename)}`),
    minThreads: producers,
    maxThreads: producers,
  });
  const tasks = Array.from(
    { length: producers },
    (_, producer): ProducerTask => ({ producer, producers, records, ratePerSecond, signals: signals.memory }),
  );
  const posted: number[] = await Promise.all(tasks.map((task) => pool.run(task)));
  return posted.reduce((sum, number) => sum + number);
}

/** @returns whether every message came as it should */
async function demonstrate(run: Run): Promise<boolean> {
  const { plan, hub, peers } = run;
  console.error(
    `${plan.records.toLocaleString('en')} flights, ${plan.producers} producer threads, one hub at ${hub.url}, ${plan.peers} peers in another process`,
  );
  peers.tell({ type: 'connect', url: hub.url, ...plan });
  await peers.hear('connected');

  const live = new LiveLine(() => progressOf(run));
  let posted: number;
  try {
    posted = await Promise.race([produce(run), peers.failed]);
    peers.tell({ type: 'posted', messages: posted });
    await peers.hear('settled');
  } finally {
    live.end();
  }

  const { connections, turns } = await hub.stats();
  await hub.close();
  const result = await peers.hear('result');
  const lost = posted * plan.peers - result.received;
  const { received, duplicates, reordered, corrupt, seconds, p50Ms, p99Ms, maxMs, closedEarly } = result;
  const table = formatTable({
    messages: posted,
    deliveries: received,
    'deliveries/s': seconds === 0 ? 0 : received / seconds,
    'post to receive, p50': figures.ms(p50Ms),
    'post to receive, p99': figures.ms(p99Ms),
    'post to receive, max': figures.ms(maxMs),
    connections,
    'turns of the service loop': turns,
    duplicates,
    reordered,
    corrupt,
  });
  if (closedEarly.length > 0)
    console.error(`${closedEarly.length} connections ended early: ${closedEarly[0]}`);
  console.log(`${table}\nlost ${lost}`);
  return posted === plan.records && lost === 0 && duplicates === 0 && reordered === 0 && corrupt === 0;
}

function progressOf({ plan, peers }: Run): string {
  if (peers.findings === undefined || peers.findings.received === 0) return 'the producer threads start …';
  const { received, seconds, p50Ms, p99Ms, duplicates, reordered, corrupt } = peers.findings;
  const expected = plan.records * plan.peers;
  const wrong = duplicates + reordered + corrupt;
  return [
    `${seconds.toFixed(1)} s`,
    `${figures.count(received)} of ${figures.count(expected)} deliveries (${Math.floor((100 * received) / expected)} %)`,
    `${figures.count(received / Math.max(seconds, 0.001))}/s`,
    `p50 ${figures.ms(p50Ms)}`,
    `p99 ${figures.ms(p99Ms)}`,
    wrong === 0 ? 'all correct' : `${wrong} WRONG`,
  ].join(' · ');
}

async function main(): Promise<number> {
  let plan: Plan | undefined;
  try {
    plan = readPlan();
  } catch (error) {
    console.error(`demo: ${(error as Error).message}\nSee npm run demo -- --help`);
    return ExitCode.USAGE;
  }
  if (plan === undefined) {
    console.log(HELP);
    return ExitCode.OK;
  }
  const signals = new Signals();
  let interrupted = false;
  process.on('SIGINT', () => {
    if (interrupted) process.exit(ExitCode.INTERRUPTED);
    interrupted = true;
    console.error(
      '\nInterrupted: the producers stop, what they posted is still checked (again Ctrl-C: end at once)',
    );
    signals.stop();
  });

  const hub = await createHub(HUB_OPTIONS);
  const peers = new Peers();
  let good = false;
  try {
    good = await demonstrate({ plan, hub, peers, signals });
  } catch (error) {
    console.error(`demo: ${(error as Error).message}`);
  } finally {
    peers.end();
    await hub.close({ deadlineMs: 1_000 });
  }
  if (interrupted) return ExitCode.INTERRUPTED;
  return good ? ExitCode.OK : ExitCode.FAILED;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    console.error(`demo: ${(error as Error).message}`);
    process.exitCode = ExitCode.FAILED;
  },
);
