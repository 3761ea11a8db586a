/**
 * What systemd wants to know of a service of `Type=notify` or `notify-reload`: that it is ready, reloads, stops, and lives.
 *
 * Thread: the main one.
 */
import { log } from '../../shared/log';
import { openSystemdSocket, type SendToSystemd } from './systemd-socket';

/** A sign of life goes out so often within the time that systemd allows. */
const SIGNS_OF_LIFE = 2;

export class Systemd {
  readonly #send: SendToSystemd;
  /** 0: systemd does not watch. */
  readonly #watchdogMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(send: SendToSystemd, watchdogMs: number) {
    this.#send = send;
    this.#watchdogMs = watchdogMs;
  }

  /** @returns undefined if systemd did not start this process. Its variables are taken away: children are not meant. */
  static find(environment: NodeJS.ProcessEnv = process.env): Systemd | undefined {
    const { NOTIFY_SOCKET: socketPath, WATCHDOG_USEC: limit, WATCHDOG_PID: watched } = environment;
    for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete environment[name];
    if (!socketPath) return undefined;
    const mine = watched === undefined || Number(watched) === process.pid;
    return new Systemd(openSystemdSocket(socketPath), mine ? Number(limit ?? 0) / 1_000 : 0);
  }

  ready(status: string): Promise<void> {
    return this.#send(`READY=1\nSTATUS=${status}`);
  }

  /** `ready` must follow. */
  reloading(): Promise<void> {
    const microseconds = process.hrtime.bigint() / 1_000n; // of CLOCK_MONOTONIC, as systemd wants it
    return this.#send(`RELOADING=1\nMONOTONIC_USEC=${microseconds}\nSTATUS=reloading`);
  }

  /** @param limitMs so long it may take: systemd waits at least that long before it kills */
  stopping(limitMs: number): Promise<void> {
    clearInterval(this.#timer);
    return this.#send(`STOPPING=1\nEXTEND_TIMEOUT_USEC=${limitMs * 1_000}\nSTATUS=closing`);
  }

  /**
   * Sends signs of life, if systemd watches for them, as long as `heartbeat` resolves in time. Without them systemd restarts the
   * service.
   *
   * @param heartbeat rejects if the service thread does not answer in `deadlineMs`
   * @param status a few words for `systemctl status`
   */
  watch(heartbeat: (deadlineMs: number) => Promise<void>, status: () => Promise<string>): void {
    if (!(this.#watchdogMs > 0)) return;
    const everyMs = this.#watchdogMs / SIGNS_OF_LIFE;
    let asking = false;
    const beat = async () => {
      if (asking) return;
      asking = true;
      try {
        await heartbeat(everyMs);
        await this.#send(`WATCHDOG=1\nSTATUS=${await status()}`);
      } catch (error) {
        log.err(`no sign of life for systemd: ${(error as Error).message}`);
      } finally {
        asking = false;
      }
    };
    this.#timer = setInterval(() => void beat(), everyMs).unref();
  }
}
