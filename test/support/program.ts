/** Runs programs as child processes and waits for what they print. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const ROOT = path.join(__dirname, '../..');
export const RINGCAST = path.join(ROOT, 'dist/main/cli/ringcast.js');

/** Of this test file alone: hubs of others that run on this machine are not met. */
const runtimeDirectory = mkdtempSync(path.join(tmpdir(), 'ringcast-run-'));
afterAll(() => rmSync(runtimeDirectory, { recursive: true, force: true }));

/** What an ended program left behind. */
export interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export class Program {
  readonly process: ChildProcess;
  readonly ended: Promise<Outcome>;
  stdout = '';
  stderr = '';

  /** @param options `descriptors`: limit of its open descriptors; `folder`: in which it starts */
  constructor(
    file: string,
    args: string[] = [],
    environment: NodeJS.ProcessEnv = {},
    { descriptors, folder = ROOT }: { descriptors?: number; folder?: string } = {},
  ) {
    if (!existsSync(RINGCAST)) throw new Error('there is no build: npm run build');
    const { FORCE_COLOR: _, NO_COLOR: __, ...inherited } = process.env;
    const command = [process.execPath, file, ...args];
    if (descriptors !== undefined) command.unshift('sh', '-c', `ulimit -n ${descriptors}; exec "$0" "$@"`);
    this.process = spawn(command[0], command.slice(1), {
      cwd: folder,
      env: { ...inherited, XDG_RUNTIME_DIR: runtimeDirectory, ...environment },
      stdio: 'pipe',
    });
    this.process.stdin?.on('error', () => {}); // it may end before it has read everything
    this.process.stdout?.setEncoding('utf8').on('data', (text) => {
      this.stdout += text;
    });
    this.process.stderr?.setEncoding('utf8').on('data', (text) => {
      this.stderr += text;
    });
    this.ended = once(this.process, 'close').then(([code, signal]) => ({
      code,
      signal,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
  }

  /** Waits until `pattern` stands in what it printed. */
  async prints(pattern: RegExp, from: 'stdout' | 'stderr'): Promise<RegExpExecArray> {
    const stream = this.process[from];
    if (stream === null) throw new Error(`no ${from}`);
    for (;;) {
      const found = pattern.exec(this[from]);
      if (found !== null) return found;
      const event = await Promise.race([once(stream, 'data').then(() => 'data'), this.ended]);
      if (event !== 'data' && pattern.exec(this[from]) === null)
        throw new Error(`it ended without printing ${pattern}: ${JSON.stringify(event)}`);
    }
  }
}
