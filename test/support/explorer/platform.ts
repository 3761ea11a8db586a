/** What the ring takes from Node, simulated: ports, messages between threads, promises, time that stands still. */
import { type Machine, mixA, type SimThread } from './machine';

type Callback = (value?: unknown) => unknown;

/** One end of a channel. Its events go through the queue of the thread that holds it. */
class Port {
  readonly #machine: Machine;
  readonly #listeners = new Map<string, Callback>();
  readonly number: number;
  owner: SimThread;
  other: Port | undefined;
  #closed = false;
  #told = false;

  constructor(machine: Machine, number: number) {
    this.#machine = machine;
    this.number = number;
    this.owner = machine.current;
  }

  on(event: string, listener: Callback): void {
    this.#listeners.set(event, listener);
    if (event === 'close' && this.#closed) this.#tellClosed();
  }

  removeAllListeners(event: string): void {
    this.#listeners.delete(event);
  }

  postMessage(message: unknown): void {
    const { other } = this;
    if (other === undefined || this.#closed) return;
    other.owner.enqueue(mixA(5, other.number), () => other.#listeners.get('message')?.(message));
  }

  close(): void {
    this.#close();
    if (this.other !== undefined) this.other.#close();
  }

  ref(): void {}
  unref(): void {}

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#listeners.has('close')) this.#tellClosed();
  }

  #tellClosed(): void {
    if (this.#told || !this.#machine.threads.includes(this.owner)) return;
    this.#told = true;
    this.owner.enqueue(mixA(4, this.number), () => this.#listeners.get('close')?.());
  }
}

/** A promise whose callbacks are tasks of the thread that asked. */
class SimPromise {
  readonly #machine: Machine;
  #value: unknown;
  #settled = false;
  readonly #callbacks: [SimThread, Callback][] = [];

  constructor(machine: Machine, executor: (resolve: Callback, reject: Callback) => void) {
    this.#machine = machine;
    const settle = (value?: unknown) => this.#settle(value);
    executor(settle, settle);
  }

  get settled(): boolean {
    return this.#settled;
  }

  get value(): unknown {
    return this.#value;
  }

  // biome-ignore lint/suspicious/noThenProperty: it stands for a promise
  then(callback: Callback): this {
    if (this.#settled) this.#machine.current.enqueue(6, () => callback(this.#value));
    else this.#callbacks.push([this.#machine.current, callback]);
    return this;
  }

  catch(): this {
    return this;
  }

  #settle(value: unknown): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#value = value;
    for (const [thread, callback] of this.#callbacks) thread.enqueue(7, () => callback(value));
  }
}

export type { SimPromise };

export class Platform {
  readonly #machine: Machine;
  readonly #onWorkerMessage = new Map<SimThread, Callback>();
  #ports = 0;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  reset(): void {
    this.#onWorkerMessage.clear();
    this.#ports = 0;
  }

  /** Stands for `node:worker_threads`. */
  get workerThreads(): object {
    const machine = this.#machine;
    const nextNumber = () => this.#ports++;
    class MessageChannel {
      readonly port1 = new Port(machine, nextNumber());
      readonly port2 = new Port(machine, nextNumber());
      constructor() {
        this.port1.other = this.port2;
        this.port2.other = this.port1;
        machine.current.onDeath.push(() => this.port1.close());
      }
    }
    return {
      isMainThread: false,
      get threadId() {
        return machine.current.id;
      },
      MessageChannel,
      postMessageToThread: (id: number, message: unknown, [port]: Port[]) => this.#post(id, message, port),
    };
  }

  /** What the ring finds as globals. */
  get globals(): Record<string, unknown> {
    const machine = this.#machine;
    class LocalPromise extends SimPromise {
      constructor(executor: (resolve: Callback, reject: Callback) => void) {
        super(machine, executor);
      }
      static resolve(value: unknown): SimPromise {
        return new LocalPromise((resolve) => resolve(value));
      }
    }
    return {
      Promise: LocalPromise,
      performance: { now: () => 0 },
      setTimeout: () => 0,
      clearTimeout: () => {},
      process: {
        on: (_event: string, listener: Callback) => this.#onWorkerMessage.set(machine.current, listener),
        off: () => this.#onWorkerMessage.delete(machine.current),
        emitWarning: () => {},
      },
    };
  }

  #post(id: number, message: unknown, port: Port): SimPromise {
    const thread = this.#machine.threads[id];
    port.owner = thread;
    thread.enqueue(mixA(8, port.number), () => this.#onWorkerMessage.get(thread)?.(message));
    return new SimPromise(this.#machine, (resolve) => resolve());
  }
}
