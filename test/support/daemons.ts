/** Runs the built command in a folder of its own, and ends every process that came of it, however the test went. */
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { until } from './hubs';
import { type Outcome, Program, RINGCAST } from './program';
import { removeFolders, temporaryFolder } from './temporary';

/** Every process that a test starts has this variable, and what they start has it too. */
const MARK = 'RINGCAST_TEST_FOLDER';

const folders: string[] = [];

/** Give it to `afterEach`. */
export async function endDaemons(): Promise<void> {
  for (const folder of folders.splice(0)) {
    await until(() => {
      for (const pid of processesOf(folder)) kill(pid);
      return processesOf(folder).length === 0;
    }, 'no process is left');
  }
  removeFolders();
}

export class DaemonFolder {
  readonly path = temporaryFolder();
  readonly lock = this.file('x.pid');
  readonly control = this.file('x.sock');
  readonly log = this.file('x.log');

  constructor() {
    folders.push(this.path);
  }

  file(name: string): string {
    return path.join(this.path, name);
  }

  read(name: string): string {
    return existsSync(this.file(name)) ? readFileSync(this.file(name), 'utf8') : '';
  }

  /** Starts any program in this folder. */
  program(file: string, args: string[] = [], environment: NodeJS.ProcessEnv = {}): Program {
    return new Program(file, args, { ...environment, [MARK]: this.path }, { folder: this.path });
  }

  /** Runs the command to its end. */
  async ringcast(...args: string[]): Promise<Outcome> {
    return withoutNotices(await this.program(RINGCAST, args).ended);
  }

  /** A command for the daemon of this folder. */
  tell(command: string, ...args: string[]): Promise<Outcome> {
    return this.ringcast(command, '--lock', this.lock, ...args);
  }

  /** Starts the daemon of this folder on any free port. @returns its status */
  async start(...args: string[]): Promise<Status> {
    const outcome = await this.tell('start', '--port', '0', '--log-file', this.log, '--json', ...args);
    if (outcome.code !== 0) throw new Error(`start ended with ${outcome.code}: ${outcome.stderr}`);
    return JSON.parse(outcome.stdout);
  }

  async status(): Promise<Status> {
    return JSON.parse((await this.tell('status', '--json')).stdout);
  }

  /** Waits until its log has `text`. */
  logs(text: string | RegExp): Promise<void> {
    return until(() => this.read('x.log').search(text) >= 0, `the log has ${text}`);
  }

  /** The processes that were started in this folder and live. */
  processes(): number[] {
    return processesOf(this.path);
  }
}

export interface Status {
  running: boolean;
  pid: number;
  /** Of the process that serves; `pid` is its supervisor's. */
  hubPid: number;
  url: string;
  port: number;
  connections: number;
  [more: string]: unknown;
}

export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

export async function ended(pid: number): Promise<void> {
  await until(() => !lives(pid), `process ${pid} has ended`);
}

/** What /proc says of a process. */
export function aboutProcess(pid: number) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [, , processGroup, session, terminal] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    processGroup: Number(processGroup),
    session: Number(session),
    terminal: Number(terminal),
    folder: readlinkSync(`/proc/${pid}/cwd`),
    streams: [0, 1, 2].map((descriptor) => readlinkSync(`/proc/${pid}/fd/${descriptor}`)),
    umask: /^Umask:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1],
  };
}

/** What was said, but for what a hub logs of itself when all is well. */
export function withoutNotices(outcome: Outcome): Outcome {
  return { ...outcome, stderr: outcome.stderr.replace(/^\S+Z notice .*\n/gm, '') };
}

/** A port that somebody else has, until the test is over. */
export async function takenPort(): Promise<{ port: number; free: () => void }> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as net.AddressInfo).port, free: () => server.close() };
}

function processesOf(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`${MARK}=${folder}\0`) && lives(pid);
      } catch {
        return false; // it ended meanwhile, or is not ours
      }
    });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {} // it ended by itself meanwhile
}
