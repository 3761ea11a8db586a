/** The processes of a run: a hub, peers that nobody touches, peers that suffer, a producer that is a process. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { WebSocket } from 'ws';
import { FAKETIME } from '../support/faketime';
import { Child, endChildren } from './child';
import type { ClientsAnswers, ClientsOrder } from './clients-process';
import type { LedgerRow } from './history';
import type { HubAnswers, HubOrder, HubStart } from './hub-process';
import { FOREIGN_FROM } from './message';

export const THREADS = 3;
/** Connections to each channel, of those who are left alone and of those who are not. */
export const WITNESSES = 3;
export const VICTIMS = 6;

interface ForeignRest {
  rows: LedgerRow[];
  stats: { pending: number };
}

export class Cluster {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'ringcast-nemesis-'));
  readonly witnesses = new Child('clients-process.ts');
  readonly victims = new Child('clients-process.ts');
  hub!: Child;
  foreign!: Child;
  /** Processes of the hub so far. */
  epoch = 0;
  #port = 0;
  #foreigners = 0;
  /** Ledgers of producers in other processes are known only of the one that lives. */
  readonly clock = new WallClock(this.#folder);

  async begin(): Promise<void> {
    await this.startHub();
    const url = `ws://127.0.0.1:${this.#port}`;
    await this.clients(this.witnesses, { type: 'start', start: { url, perChannel: WITNESSES } });
    await this.clients(this.victims, { type: 'start', start: { url, perChannel: VICTIMS } });
    this.startForeign();
  }

  async startHub(): Promise<void> {
    this.hub = new Child('hub-process.ts', [], this.clock.environment);
    const start: HubStart = {
      port: this.#port,
      socket: path.join(this.#folder, 'hub.sock'),
      epoch: ++this.epoch,
      threads: THREADS,
    };
    this.#port = (await this.ask({ type: 'start', start })).port;
    await this.ask({ type: 'pace', burst: 1 });
  }

  startForeign(): void {
    const number = FOREIGN_FROM + ++this.#foreigners;
    this.foreign = new Child('foreign-process.ts', [path.join(this.#folder, 'hub.sock'), `${number}`]);
  }

  ask<T extends HubOrder['type']>(order: Extract<HubOrder, { type: T }>): Promise<HubAnswers[T]> {
    return this.hub.ask(order);
  }

  clients<T extends ClientsOrder['type']>(
    process: Child,
    order: Extract<ClientsOrder, { type: T }>,
  ): Promise<ClientsAnswers[T]> {
    return process.ask(order);
  }

  /** The producer in the other process posts no more, and the hub has all of it. */
  async restForeign(): Promise<LedgerRow[]> {
    const { foreign } = this;
    for (;;) {
      foreign.heard.length = 0;
      foreign.process.send('rest');
      const { rows, stats } = await foreign.hears<ForeignRest>(() => true);
      if (stats.pending === 0) return rows;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Ends the service thread in this way. Without a connection to tell it, nothing happens. */
  async crashService(how: 'throw' | 'exit' | 'hang'): Promise<void> {
    const ws = new WebSocket(`ws://127.0.0.1:${this.#port}/nemesis`, { handshakeTimeout: 1_000 });
    await new Promise<void>((resolve) => {
      ws.on('error', () => resolve());
      ws.on('close', () => resolve());
      ws.on('open', () => ws.send(how, () => setTimeout(resolve, 50)));
    });
    ws.terminate();
  }

  async end(): Promise<void> {
    await endChildren();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** The hub's wall clock, where the library is there that can step it. Its monotonic clock goes on as it is. */
class WallClock {
  readonly environment: NodeJS.ProcessEnv = {};
  readonly #file: string;

  constructor(folder: string) {
    this.#file = path.join(folder, 'wall-clock');
    if (FAKETIME === undefined) return;
    this.step(0);
    this.environment = {
      LD_PRELOAD: FAKETIME,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      FAKETIME_NO_CACHE: '1',
    };
  }

  get canStep(): boolean {
    return this.environment.LD_PRELOAD !== undefined;
  }

  step(hours: number): void {
    writeFileSync(this.#file, `${hours < 0 ? '-' : '+'}${Math.abs(hours) * 3_600}`);
  }
}
