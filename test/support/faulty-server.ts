/**
 * A WebSocket server that delays, pauses, drops, doubles, overtakes and damages as a seed says, and keeps account of what it *did*:
 * the truth that a load test is held against. `/publish` is for publishers, which get nothing.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { monotonicNs } from '../../src/shared/load/monotonic';
import { Probe, ProbeFinding, readProbe } from '../../src/shared/load/probe';
import { whenOver } from './hubs';
import { Random } from './random';

export interface FaultyServerOptions {
  /** Back to the sender, or to everybody but publishers. */
  to: 'sender' | 'everybody';
  seed?: number;
  /** How long each message is held. */
  delayMs?: (random: Random) => number;
  /** Once, so long after the first message, nothing is sent for so long; then all of it is. */
  pause?: { afterMs: number; ms: number };
  /** Once in so many messages to a connection, each. */
  faults?: Faults;
  /** Keeps all messages, and gives whoever connects those that it has. */
  keeps?: boolean;
}

/** Nanoseconds on the monotonic clock. The first two are what the stamp says. */
export interface Passage {
  intendedNs: number;
  sentNs: number;
  receivedNs: number;
  wroteNs: number;
}

interface Faults {
  drop: number;
  double: number;
  overtake: number;
  damage: number;
}

interface Delivery {
  from: WebSocket;
  socket: WebSocket;
  data: Buffer;
  binary: boolean;
}

/** A message that waits for the next one. */
interface Overtaken {
  delivery: Delivery;
  timer: NodeJS.Timeout;
}

/** A message that is overtaken by the next goes after so long if there is none: then it was not. */
const LONELY_MS = 200;

export class FaultyServer {
  readonly url: string;
  readonly publishUrl: string;
  readonly did = { received: 0, sent: 0, dropped: 0, doubled: 0, overtaken: 0, damaged: 0 };
  /** Of every message to every client, in the order in which they were due: whether it was sent. */
  readonly sendings: boolean[] = [];
  /** What it did with each message that has a stamp. */
  readonly passages: Passage[] = [];
  /** From when to when nothing was sent, on the monotonic clock, ms. */
  pausedFrom = 0;
  pausedTo = 0;
  readonly #server: WebSocketServer;
  readonly #options: FaultyServerOptions;
  readonly #random: Random;
  /** By receiver and sender: only a message of the same sender overtakes. */
  readonly #overtaken = new Map<WebSocket, Map<WebSocket, Overtaken>>();
  readonly #kept: Buffer[] = [];
  readonly #probe = new Probe();
  #waiting: (() => void)[] | undefined;
  #started = false;

  static async start(options: FaultyServerOptions): Promise<FaultyServer> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    return new FaultyServer(server, options);
  }

  private constructor(server: WebSocketServer, options: FaultyServerOptions) {
    this.#server = server;
    this.#options = options;
    this.#random = new Random(options.seed ?? 1);
    this.url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    this.publishUrl = `${this.url}publish`;
    server.on('connection', (socket, { url }) => {
      if (url === '/publish') publishers.add(socket);
      else for (const data of this.#kept) socket.send(data);
      socket.on('error', () => {});
      socket.on('message', (data: Buffer, binary) => this.#take(socket, data, binary));
    });
    whenOver(() => this.#end());
  }

  #end(): Promise<void> {
    for (const { timer } of [...this.#overtaken.values()].flatMap((held) => [...held.values()]))
      clearTimeout(timer);
    for (const socket of this.#server.clients) socket.terminate();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #take(from: WebSocket, data: Buffer, binary: boolean): void {
    const receivedNs = monotonicNs();
    this.did.received++;
    if (this.#options.keeps) this.#kept.push(data);
    this.#schedulePause();
    const delayMs = this.#options.delayMs?.(this.#random) ?? 0;
    const pass = () => this.#unlessPaused(() => this.#pass(from, data, binary, receivedNs));
    if (delayMs === 0) pass();
    else setTimeout(pass, delayMs);
  }

  #schedulePause(): void {
    const { pause } = this.#options;
    if (this.#started || pause === undefined) return;
    this.#started = true;
    setTimeout(() => {
      this.#waiting = [];
      this.pausedFrom = performance.now();
      setTimeout(() => {
        this.pausedTo = performance.now();
        const waiting = this.#waiting!;
        this.#waiting = undefined;
        for (const send of waiting) send();
      }, pause.ms);
    }, pause.afterMs);
  }

  #unlessPaused(send: () => void): void {
    if (this.#waiting === undefined) send();
    else this.#waiting.push(send);
  }

  #pass(from: WebSocket, data: Buffer, binary: boolean, receivedNs: number): void {
    const to = this.#options.to === 'sender' ? [from] : [...this.#server.clients].filter(isClient);
    for (const socket of to) this.#deliver({ from, socket, data, binary });
    const wroteNs = monotonicNs();
    if (readProbe(data, 0, data.length, this.#probe) !== ProbeFinding.WHOLE) return;
    const { intendedNs, sentNs } = this.#probe;
    this.passages.push({ intendedNs, sentNs, receivedNs, wroteNs });
  }

  #deliver(delivery: Delivery): void {
    const { faults } = this.#options;
    if (faults === undefined) this.#send(delivery);
    else this.#deliverFaulty(delivery, faults);
  }

  #deliverFaulty(delivery: Delivery, { drop, double, overtake, damage }: Faults): void {
    const random = this.#random;
    const dropped = random.onceIn(drop);
    this.sendings.push(!dropped);
    if (dropped) this.did.dropped++;
    else if (this.#overtakenOf(delivery).has(delivery.from) || !random.onceIn(overtake)) {
      // What comes damaged tells nothing of its place, so it overtakes nobody.
      if (random.onceIn(damage)) this.#sendDamaged(delivery);
      else this.#sendWhole(delivery, random.onceIn(double));
    } else {
      const timer = setTimeout(() => this.#sendOvertaken(delivery), LONELY_MS);
      this.#overtakenOf(delivery).set(delivery.from, { delivery, timer });
    }
  }

  #sendWhole(delivery: Delivery, twice: boolean): void {
    this.#send(delivery);
    if (this.#sendOvertaken(delivery)) this.did.overtaken++;
    if (!twice) return;
    this.#send(delivery);
    this.did.doubled++;
  }

  #sendDamaged(delivery: Delivery): void {
    const data = Buffer.from(delivery.data);
    data[this.#random.below(data.length)] ^= 1 << this.#random.below(8);
    this.#send({ ...delivery, data });
    this.did.damaged++;
  }

  #sendOvertaken(by: Delivery): boolean {
    const overtaken = this.#overtakenOf(by).get(by.from);
    if (overtaken === undefined) return false;
    clearTimeout(overtaken.timer);
    this.#overtakenOf(by).delete(by.from);
    this.#send(overtaken.delivery);
    return true;
  }

  #overtakenOf({ socket }: Delivery): Map<WebSocket, Overtaken> {
    const known = this.#overtaken.get(socket) ?? new Map<WebSocket, Overtaken>();
    this.#overtaken.set(socket, known);
    return known;
  }

  #send({ socket, data, binary }: Delivery): void {
    socket.send(data, { binary });
    this.did.sent++;
  }
}

const publishers = new WeakSet<WebSocket>();

function isClient(socket: WebSocket): boolean {
  return !publishers.has(socket);
}
