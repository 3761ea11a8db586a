/** Processes with connected producers, a proxy that breaks their connections, and folders for sockets: all gone after the test. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ConnectedProducerStats, ConnectOptions } from '../../src/main';
import { whenOver } from './hubs';
import { RINGCAST } from './program';

const CHILD = path.join(__dirname, '../wire/processes/producer.cjs');

/** What the other process threw. */
export class FailedThere extends Error {
  readonly code: string;

  constructor({ name, code, message }: { name: string; code: string; message: string }) {
    super(message);
    this.name = name;
    this.code = code;
  }
}

export class ProducerProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  stderr = '';
  #lastId = 0;
  readonly #waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();

  constructor() {
    if (!existsSync(RINGCAST)) throw new Error('there is no build: npm run build');
    this.child = fork(CHILD, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    this.child.stderr?.setEncoding('utf8').on('data', (text) => {
      this.stderr += text;
    });
    this.ended = once(this.child, 'exit');
    whenOver(async () => {
      this.child.kill('SIGKILL');
      await this.ended;
    });
    this.child.on('message', ({ id, result, error }: { id: number; result: never; error?: never }) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new FailedThere(error));
    });
    this.child.on('exit', (code, signal) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`the process ended: ${code ?? signal} ${this.stderr}`));
    });
  }

  /** A process that is connected. */
  static async connect(options: ConnectOptions): Promise<ProducerProcess> {
    const producer = new ProducerProcess();
    await producer.does('connect', options);
    return producer;
  }

  get pid(): number {
    return this.child.pid as number;
  }

  does<T>(act: string, input?: object): Promise<T> {
    const id = ++this.#lastId;
    this.child.send({ id, act, input });
    return new Promise<T>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  stats(): Promise<ConnectedProducerStats> {
    return this.does('stats');
  }

  close(options?: { deadlineMs?: number }): Promise<ConnectedProducerStats> {
    return this.does('close', options);
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

/** A folder for sockets, of mode 0700. */
export function socketFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'rc-test-'));
  whenOver(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Stands between a process and the hub, and breaks the connection when told to. */
export class BreakingProxy {
  readonly path: string;
  readonly #target: string;
  readonly #open = new Set<net.Socket>();
  readonly #server: net.Server;
  connections = 0;
  /** Breaks each connection when so many bytes went to the hub; 0: never. */
  breakAfterBytes = 0;

  private constructor(path: string, target: string) {
    this.path = path;
    this.#target = target;
    this.#server = net.createServer((socket) => this.#join(socket));
    whenOver(() => {
      this.#server.close();
      this.breakAll();
    });
  }

  static async open(path: string, target: string): Promise<BreakingProxy> {
    const proxy = new BreakingProxy(path, target);
    await new Promise<void>((resolve) => proxy.#server.listen(path, resolve));
    chmodSync(path, 0o600);
    return proxy;
  }

  breakAll(): void {
    for (const socket of this.#open) socket.destroy();
  }

  #join(near: net.Socket): void {
    this.connections++;
    const far = net.connect(this.#target);
    let left = this.breakAfterBytes === 0 ? Number.POSITIVE_INFINITY : this.breakAfterBytes;
    const end = () => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      this.#open.add(socket);
      socket.on('error', end);
      socket.on('close', () => {
        this.#open.delete(socket);
        end();
      });
    }
    far.on('data', (bytes) => near.write(bytes));
    near.on('data', (bytes: Buffer) => {
      far.write(bytes.subarray(0, left)); // in the middle of a frame, for most
      left -= bytes.length;
      if (left <= 0) far.end(() => end());
    });
  }
}
