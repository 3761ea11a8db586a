/** A poll loop in another program (`poller.py`), and this process's end of it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { PollArray } from '../../src/main';

/** What the program holds: by descriptor, the events it polls for and the file behind it. */
export type PolledDescriptors = Record<string, [events: number, file: string]>;

export class PollProgram implements PollArray {
  /** What the program had to object to. Expected: nothing. */
  readonly objections: string[] = [];
  /** Commands that changed something. */
  changes = 0;
  added = 0;
  deleted = 0;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #commands: number;
  readonly #answers: number;
  readonly #answer = Buffer.alloc(1024 * 1024);

  private constructor(child: ChildProcess, folder: string, commands: number, answers: number) {
    this.#child = child;
    this.#folder = folder;
    this.#commands = commands;
    this.#answers = answers;
  }

  /**
   * To take descriptors out of its parent the program needs the right to trace it: that is root's, in many systems.
   *
   * @param onReady called with each descriptor that is ready, or without one when nothing was for a while
   */
  static async start(onReady: (fd?: number, revents?: number) => void): Promise<PollProgram> {
    const folder = mkdtempSync(path.join(tmpdir(), 'poller-'));
    const [commands, answers] = ['commands', 'answers'].map((name) => path.join(folder, name));
    execFileSync('mkfifo', [commands, answers]);
    const python = ['python3', path.join(__dirname, 'poller.py'), `${process.pid}`, commands, answers];
    const [file, ...rest] = process.getuid?.() === 0 ? python : ['sudo', '-n', ...python];
    const child = spawn(file, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
    const either = [commands, answers].map((fifo) => openSync(fifo, 'r+')); // so that nobody waits for the other to open
    const lines = createInterface(child.stdout!);
    await Promise.race([
      once(lines, 'line'),
      once(child, 'exit').then(([code]) => {
        throw new Error(`the poll program ended with ${code}`);
      }),
    ]);
    // Once the program has its end, an answer that never comes is the end of the file.
    const program = new PollProgram(child, folder, openSync(commands, 'w'), openSync(answers, 'r'));
    for (const fd of either) closeSync(fd);
    lines.on('line', (line) => {
      const [what, fd, revents] = line.split(' ');
      if (what === 'tick') onReady();
      else onReady(Number(fd), Number(revents));
    });
    return program;
  }

  addPollFd(fd: number, events: number): void {
    this.added++;
    this.#change(`add ${fd} ${events}`);
  }

  delPollFd(fd: number): void {
    this.deleted++;
    this.#change(`delete ${fd}`);
  }

  setModePollFd(fd: number, events: number): void {
    this.#change(`set ${fd} ${events}`);
  }

  clearModePollFd(fd: number, events: number): void {
    this.#change(`clear ${fd} ${events}`);
  }

  /** What it said of the descriptor is dealt with. */
  done(fd: number): void {
    this.#command(`done ${fd}`);
  }

  look(): PolledDescriptors {
    return this.#command('look') as PolledDescriptors;
  }

  async end(): Promise<void> {
    const ended = this.#child.exitCode === null ? once(this.#child, 'exit') : undefined;
    this.#child.kill();
    await ended;
    closeSync(this.#commands);
    closeSync(this.#answers);
    rmSync(this.#folder, { recursive: true });
  }

  #change(line: string): void {
    this.changes++;
    this.#command(line);
  }

  /** Waits for the answer: so the program looks at the descriptor as it is at this moment. */
  #command(line: string): unknown {
    writeSync(this.#commands, `${line}\n`);
    let text = '';
    while (!text.endsWith('\n'))
      text += this.#answer.toString('utf8', 0, readSync(this.#answers, this.#answer));
    const { ok, error } = JSON.parse(text) as { ok?: unknown; error?: string };
    if (error !== undefined) this.objections.push(error);
    return ok;
  }
}
