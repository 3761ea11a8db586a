/**
 * A hub that a command of ringcast serves: how it is, what a reload changes, what a dump tells.
 *
 * Thread: the main one.
 */
import path from 'node:path';
import type { HubError } from '../../shared/errors';
import { HubErrorCode } from '../../shared/errors';
import type { ReconfigureReport } from '../../shared/live-options';
import { log } from '../../shared/log';
import { HUB_NUMBERS } from '../../shared/options';
import type { Settings } from '../config/settings';
import type { Hub } from '../hub';
import { reloadText } from './reload-text';

/** Peers of a hub that ends come back elsewhere, or to the next one: no more of them in a second than it can take easily … */
const GOODBYES_PER_SECOND = 1_000;
/** … unless they are few, or it would take too long. */
const FEW_PEERS = 500;
const MAX_SPREAD_MS = 5_000;
/** Whoever asks over the control socket gets an answer within 4 s, also of a service that does not answer. */
export const HEALTH_DEADLINE_MS = 2_000;
/** So many channels and connections are told one by one; of the others only how many there are. */
const DUMPED_AT_MOST = 50;

export class ServedHub {
  readonly hub: Hub;
  /** Those in use. */
  settings: Settings;
  /** Rejects when the hub cannot go on. */
  readonly failed: Promise<never>;
  /** Whether its end is the beginning of another one. */
  restarts = false;
  readonly #readAgain: () => Settings;

  /** @param readAgain reads the settings as they would be now */
  constructor(hub: Hub, settings: Settings, readAgain: () => Settings) {
    this.hub = hub;
    this.settings = settings;
    this.#readAgain = readAgain;
    this.failed = new Promise((_, reject) => {
      hub.on('error', (error: HubError) => {
        // That cost one connection: the others go on.
        if (error.code === HubErrorCode.HANDLER_THREW) log.err(error.message);
        else reject(error);
      });
    });
    this.failed.catch(() => {}); // whoever serves waits for it
  }

  async status(): Promise<object> {
    const { url, port, producerSocket: socket } = this.hub;
    const { connections, ...stats } = await this.hub.stats();
    const { configFile } = this.settings;
    return { version: versionOfPackage(), url, port, config: configFile ?? null, socket, connections, stats };
  }

  /**
   * Reads the settings again and changes what may change while the hub runs.
   *
   * @throws {Failure} USAGE, naming all that is wrong: then everything stays as it was
   */
  async reload(): Promise<ReconfigureReport> {
    const settings = this.#readAgain();
    if (!settings.socketAsked) settings.hub.producers = this.settings.hub.producers; // what could be had
    const { applied, needRestart } = await this.hub.reconfigure(settings.hub);
    const { logFile, syslog } = this.settings;
    if (settings.logFile !== logFile) needRestart.push('log.file');
    if (settings.syslog !== syslog) needRestart.push('log.syslog');
    this.settings = { ...settings, logFile, syslog };
    log.notice(reloadText(applied, needRestart));
    return { applied, needRestart };
  }

  /** Writes to the log how everything stands. */
  async dump(): Promise<void> {
    const connections = await this.hub.connections(); // before the counters: so these are no older
    const { channels, producers, ...hub } = await this.hub.stats();
    tell('process', {
      pid: process.pid,
      uptimeSeconds: Math.round(process.uptime()),
      ...process.memoryUsage(),
    });
    tell('hub', { url: this.hub.url, ...hub });
    tellEach(
      'channel',
      Object.entries(channels).map(([name, stats]) => ({ name, ...stats })),
    );
    tellEach('producer', producers);
    tellEach(
      'connection',
      connections.sort((one, other) => other.lagBytes - one.lagBytes),
    ); // those that are behind first
  }

  /** After so many ms of closing the connections that are left are cut. */
  get closeDeadlineMs(): number {
    return this.settings.hub.closeDeadlineMs ?? HUB_NUMBERS.closeDeadlineMs[0];
  }

  async close(): Promise<void> {
    const { connections } = await this.hub.stats();
    const spreadMs = this.settings.hub.closeSpreadMs ?? spreadOf(connections, this.closeDeadlineMs);
    await this.hub.close({
      deadlineMs: this.closeDeadlineMs,
      spreadMs: Math.min(spreadMs, this.closeDeadlineMs),
      restart: this.restarts,
    });
  }
}

/** @returns over how many ms so many peers are told: half of the deadline at the most, since the last ones need time, too */
export function spreadOf(connections: number, deadlineMs: number): number {
  if (connections < FEW_PEERS) return 0;
  return Math.min((connections / GOODBYES_PER_SECOND) * 1_000, MAX_SPREAD_MS, deadlineMs / 2);
}

function tell(what: string, state: object): void {
  log.notice(`state of ${what}: ${JSON.stringify(state)}`);
}

function tellEach(what: string, states: readonly object[]): void {
  for (const state of states.slice(0, DUMPED_AT_MOST)) tell(what, state);
  const more = states.length - DUMPED_AT_MOST;
  if (more > 0) log.notice(`state: ${more} more of ${what}`);
}

export function versionOfPackage(): string {
  return (require(path.join(__dirname, '../../../package.json')) as { version: string }).version;
}
