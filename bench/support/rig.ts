/** Starts servers and receivers as processes of their own, and measures windows of time. */
import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import type { ReceiverAnswer, ReceiverOrder, ServerAnswer, ServerOrder } from './protocol';

const TYPESCRIPT = ['-r', 'ts-node/register/transpile-only'];

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >>> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export type Way = 'ringcast' | 'ws-loop';

export interface Window {
  deliveriesPerSecond: number;
  deliveriesPerCpuSecond: number;
  cpuUsPerDelivery: number;
  receiverCpuShare: number;
  p50Us: number;
  p99Us: number;
  maxUs: number;
}

export class Rig {
  readonly #server: ChildProcess;
  readonly #receivers: ChildProcess;

  private constructor(server: ChildProcess, receivers: ChildProcess) {
    this.#server = server;
    this.#receivers = receivers;
  }

  static async start(way: Way, connections: number, mode: 'count' | 'latency'): Promise<Rig> {
    const server = fork(path.join(__dirname, 'server.ts'), [way], { execArgv: TYPESCRIPT });
    const { port } = await answerOf<ServerAnswer, 'listening'>(server, 'listening');
    const receivers = fork(path.join(__dirname, 'receivers.ts'), [String(port), String(connections), mode], {
      execArgv: TYPESCRIPT,
    });
    await answerOf<ReceiverAnswer, 'connected'>(receivers, 'connected');
    return new Rig(server, receivers);
  }

  run(ratePerSecond: number | 'saturate'): void {
    this.#order({ type: 'run', ratePerSecond });
  }

  async pause(): Promise<void> {
    this.#order({ type: 'pause' });
    await answerOf<ServerAnswer, 'paused'>(this.#server, 'paused');
  }

  /** What happens from now on for `seconds`. */
  async window(seconds: number): Promise<Window> {
    this.#receivers.send({ type: 'reset' } satisfies ReceiverOrder);
    const before = await this.#measure();
    await sleep(seconds * 1000);
    const after = await this.#measure();
    const elapsed = after.at - before.at;
    const deliveries = after.messages - before.messages;
    const cpuMs = after.serviceCpuMs - before.serviceCpuMs;
    return {
      deliveriesPerSecond: (deliveries / elapsed) * 1000,
      deliveriesPerCpuSecond: (deliveries / cpuMs) * 1000,
      cpuUsPerDelivery: (cpuMs * 1000) / deliveries,
      receiverCpuShare: (after.cpuMs - before.cpuMs) / elapsed,
      p50Us: after.p50Us,
      p99Us: after.p99Us,
      maxUs: after.maxUs,
    };
  }

  async rssBytes(): Promise<number> {
    return (await this.#measure()).rssBytes;
  }

  async end(): Promise<void> {
    this.#order({ type: 'end' });
    this.#receivers.send({ type: 'end' } satisfies ReceiverOrder);
    await Promise.all(
      [this.#server, this.#receivers].map((child) => new Promise((resolve) => child.once('exit', resolve))),
    );
  }

  async #measure() {
    this.#order({ type: 'measure' });
    this.#receivers.send({ type: 'measure' } satisfies ReceiverOrder);
    const [server, receivers] = await Promise.all([
      answerOf<ServerAnswer, 'measured'>(this.#server, 'measured'),
      answerOf<ReceiverAnswer, 'measured'>(this.#receivers, 'measured'),
    ]);
    return { ...server, ...receivers, at: performance.now() };
  }

  #order(order: ServerOrder): void {
    this.#server.send(order);
  }
}

function answerOf<A extends { type: string }, T extends A['type']>(
  child: ChildProcess,
  type: T,
): Promise<Extract<A, { type: T }>> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) =>
      reject(new Error(`process ended with ${code} before it said ${type}`));
    const onMessage = (message: A) => {
      if (message.type !== type) return;
      child.off('message', onMessage as never);
      child.off('exit', onExit);
      resolve(message as Extract<A, { type: T }>);
    };
    child.on('message', onMessage as never);
    child.once('exit', onExit);
  });
}
