/**
 * What a hub in the foreground owes to those who look after it: systemd, signals, `ringcast status` and `stop`.
 *
 * Thread: the main one.
 */
import path from 'node:path';
import { log } from '../../shared/log';
import type { Settings } from '../config/settings';
import { aboutProcess, controlRoutes, launchedAs } from '../daemon/control-routes';
import { Instance } from '../daemon/instance';
import { type LogFile, openLogFile } from '../daemon/log-file';
import { LogOutput } from '../daemon/log-output';
import { refusalText } from '../daemon/reload-text';
import { HEALTH_DEADLINE_MS, type ServedHub } from '../daemon/served-hub';
import { Systemd } from '../daemon/systemd';
import { usageError } from './failure';

/** The end may take a little longer than the hub's own deadline. */
const STOPPING_SLACK_MS = 5_000;

export class RunSupervision {
  readonly #systemd = Systemd.find();
  readonly #logFile: LogFile | undefined;
  readonly #logOutput: LogOutput;
  #instance: Instance | undefined;
  #served: ServedHub | undefined;
  #stopping = false;

  private constructor({ logFile, syslog, hub: { logLevel = 'notice' } }: Settings) {
    this.#logFile = logFile === undefined ? undefined : openLogFile(logFile);
    this.#logOutput = new LogOutput({ levels: logLevel, file: this.#logFile, syslog });
  }

  /**
   * Sends the log where it is to go, and takes the lock, if one is wanted: before anything is started that another process may have.
   *
   * @throws {Failure} ALREADY_RUNNING
   */
  static async begin(lock: string | undefined, settings: Settings): Promise<RunSupervision> {
    const supervision = new RunSupervision(settings);
    if (lock === undefined) return supervision;
    if (process.platform !== 'linux') throw usageError('--lock works on Linux only: do without it here.');
    supervision.#instance = await Instance.open(path.resolve(lock), supervision.#routes());
    return supervision;
  }

  /** The hub listens. */
  serve(served: ServedHub): void {
    this.#served = served;
    const { hub } = served;
    // In a terminal SIGHUP says that the terminal is gone: there it ends the hub, as it always did.
    const reload = () => void this.#reload().catch(() => {}); // what is wrong is in the log
    process.on('SIGHUP', inTerminal() ? () => this.#stop() : reload);
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => this.#stops());
    process.on('SIGUSR2', () => void served.dump());
    void this.#systemd?.ready(this.#summary());
    this.#systemd?.watch(
      (deadlineMs) => hub.heartbeat(deadlineMs),
      async () => `${this.#summary()}, ${(await hub.stats()).connections} connections`,
    );
  }

  /** The hub is closed. */
  async end(): Promise<void> {
    await this.#logOutput.close();
  }

  /** As the first SIGTERM does. A second one would end it at once. */
  #stop(): void {
    if (!this.#stopping) process.kill(process.pid, 'SIGTERM');
  }

  #stops(): void {
    const deadlineMs = this.#served?.closeDeadlineMs ?? 0;
    if (!this.#stopping) void this.#systemd?.stopping(deadlineMs + STOPPING_SLACK_MS);
    this.#stopping = true;
  }

  #routes() {
    const launch = launchedAs();
    return controlRoutes({
      status: async () => {
        const { lock, control } = this.#instance ?? {};
        return { ...aboutProcess(), lock, control, launch, ...(await this.#served?.status()) };
      },
      health: async () => {
        if (this.#served === undefined) return { live: true, ready: false, reason: 'starting' };
        if (this.#stopping) return { live: true, ready: false, reason: 'closing' };
        return this.#served.hub.health(HEALTH_DEADLINE_MS);
      },
      stop: ({ restart }) => {
        if (this.#served !== undefined) this.#served.restarts = restart;
        this.#stop();
      },
      reload: () => this.#reload(),
      dump: () => this.#served?.dump(),
    });
  }

  async #reload(): Promise<unknown> {
    await this.#systemd?.reloading();
    try {
      this.#logFile?.reopen();
      return await this.#served?.reload();
    } catch (error) {
      log.err(refusalText(error));
      throw error;
    } finally {
      await this.#systemd?.ready(this.#summary());
    }
  }

  #summary(): string {
    return `listening on ${this.#served?.hub.url}`;
  }
}

function inTerminal(): boolean {
  return [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
}
