/** A hub from the build, in a process of its own with a small descriptor limit. It does what it is told over its standard input. */
import path from 'node:path';
import type { HubOptions, HubStats } from '../../src/main';
import { whenOver } from './hubs';
import { Program } from './program';

/** Descriptors that its process may have open, unless a test says otherwise. */
export const LIMIT = 100;

/** A hub in a process that may have `descriptors` open. */
export class SmallHub {
  readonly program: Program;
  port = 0;
  #asked = 0;

  private constructor(options: object, descriptors: number) {
    const file = path.join(__dirname, '../wire/programs/hub.cjs');
    this.program = new Program(file, [JSON.stringify(options)], {}, { descriptors });
    whenOver(async () => {
      this.program.process.stdin?.end();
      const killer = setTimeout(() => this.program.process.kill('SIGKILL'), 10_000);
      await this.program.ended;
      clearTimeout(killer);
    });
  }

  static async start(options: HubOptions | object = {}, descriptors = LIMIT): Promise<SmallHub> {
    const hub = new SmallHub(options, descriptors);
    hub.port = await hub.ask('port');
    return hub;
  }

  async ask<T>(name: string, argument?: unknown): Promise<T> {
    const number = ++this.#asked;
    this.program.process.stdin?.write(`${JSON.stringify([number, name, argument])}\n`);
    const [, answer] = await this.program.prints(new RegExp(`^${number} (.*)\\n`, 'm'), 'stdout');
    return JSON.parse(answer);
  }

  stats(): Promise<HubStats> {
    return this.ask('stats');
  }

  async room(): Promise<number> {
    return (await this.stats()).capacity.connections as number;
  }
}
