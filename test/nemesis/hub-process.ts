/**
 * The hub of a nemesis run, in a process of its own with its producer threads. It does what its parent says, and answers.
 */
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Hub, HubError, HubStats } from '../../src/main';
import type { LedgerRow } from './history';
import { createLedger, MAX_ROWS, readLedger, type ThreadStart } from './ledger';

const { createHub } = require('../../dist/main') as typeof import('../../src/main');

export interface HubStart {
  port: number;
  socket: string;
  epoch: number;
  threads: number;
}

export type HubOrder =
  | { type: 'start'; start: HubStart }
  | { type: 'pace'; burst: number }
  | { type: 'kill-producer'; seat: number }
  | { type: 'stats' }
  | { type: 'ledger' }
  | { type: 'reconfigure'; maxLagBytes: number };

export interface HubAnswers {
  start: { port: number };
  pace: undefined;
  'kill-producer': undefined;
  stats: { stats: HubStats; wallMs: number; errors: string[]; rssBytes: number };
  ledger: LedgerRow[];
  reconfigure: undefined;
}

/** Sent once the hub is closed after SIGTERM. */
export interface HubFarewell {
  type: 'closed';
  ledger: LedgerRow[];
}

const CRASHER = path.join(__dirname, 'crasher.cjs');
const LIMITS = { maxLagBytes: 256 * 1024, maxLagMs: 3_000 };

class HubProcess {
  readonly #ledger = createLedger();
  readonly #control = new SharedArrayBuffer(4);
  readonly #seats: Worker[] = [];
  readonly #errors: string[] = [];
  #rows = 0;
  #epoch = 0;
  #hub: Hub | undefined;

  async start({ port, socket, epoch, threads }: HubStart): Promise<{ port: number }> {
    this.#epoch = epoch;
    this.#hub = await createHub(this.#options(port, socket, LIMITS.maxLagBytes));
    this.#hub.on('error', (error: HubError) => this.#errors.push(`${error.code}: ${error.message}`));
    for (let seat = 0; seat < threads; seat++) this.#spawn(seat);
    return { port: this.#hub.port };
  }

  #options(port: number, socket: string, maxLagBytes: number) {
    const limits = { ...LIMITS, maxLagBytes };
    return {
      port,
      producers: { socket },
      ring: { laneBytes: 256 * 1024, maxProducers: 32 },
      pingIntervalMs: 5_000,
      serviceHangMs: 1_500,
      maxServiceRestarts: 1_000,
      channels: {
        lossless: { ...limits, slow: 'wait' as const, maxStallMs: 8_000 },
        cut: { ...limits, slow: 'disconnect' as const },
        skip: { ...limits, slow: 'skip' as const, gapMessage: '{"gap":{skipped}}' },
        conflate: { ...limits, slow: 'conflate' as const },
        nemesis: { handler: CRASHER },
      },
    };
  }

  #spawn(seat: number): void {
    const row = this.#rows++;
    if (row >= MAX_ROWS || this.#hub === undefined) return;
    const workerData: ThreadStart = {
      ringcast: this.#hub.producerHandle(),
      row,
      epoch: this.#epoch,
      ledger: this.#ledger,
      control: this.#control,
    };
    this.#seats[seat] = new Worker(path.join(__dirname, 'producer-thread.ts'), {
      workerData,
      execArgv: ['-r', path.join(__dirname, '../../scripts/register-typescript.cjs')],
    });
    this.#seats[seat].on('error', (error) => this.#errors.push(`a producer: ${error.message}`));
  }

  pace(burst: number): void {
    Atomics.store(new Int32Array(this.#control), 0, burst);
  }

  async killProducer(seat: number): Promise<void> {
    await this.#seats[seat].terminate();
    this.#spawn(seat);
  }

  async stats(): Promise<HubAnswers['stats']> {
    const hub = this.#hub as Hub;
    return {
      stats: await hub.stats(),
      wallMs: Date.now(),
      errors: this.#errors,
      rssBytes: process.memoryUsage.rss(),
    };
  }

  get ledger(): LedgerRow[] {
    return readLedger(this.#ledger, this.#rows);
  }

  async reconfigure(port: number, socket: string, maxLagBytes: number): Promise<void> {
    await this.#hub?.reconfigure(this.#options(port, socket, maxLagBytes));
  }

  /** What was posted before is sent: so the producers go on until the hub refuses them. */
  async close(): Promise<void> {
    await this.#hub?.close({ deadlineMs: 8_000 });
    const farewell: HubFarewell = { type: 'closed', ledger: this.ledger };
    process.send?.(farewell, () => process.exit(0));
  }
}

const hub = new HubProcess();
let started: HubStart;

async function obey(order: HubOrder): Promise<unknown> {
  switch (order.type) {
    case 'start':
      started = order.start;
      return hub.start(order.start);
    case 'pace':
      return hub.pace(order.burst);
    case 'kill-producer':
      return hub.killProducer(order.seat);
    case 'stats':
      return hub.stats();
    case 'ledger':
      return hub.ledger;
    case 'reconfigure':
      return hub.reconfigure(started.port, started.socket, order.maxLagBytes);
  }
}

process.on('message', ({ id, order }: { id: number; order: HubOrder }) => {
  obey(order).then(
    (result) => process.send?.({ id, result }),
    (error: Error) => process.send?.({ id, error: error.stack }),
  );
});
process.on('SIGTERM', () => void hub.close());
process.on('disconnect', () => process.exit(1)); // nobody is left to end it
