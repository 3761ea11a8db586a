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
import type { Settings } from '../config/settings';
import type { Hub } from '../hub';
import { reloadText } from './reload-text';

/** After a signal, connections that are not flushed by then are cut. */
export const CLOSE_DEADLINE_MS = 10_000;
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

  close(): Promise<void> {
    return this.hub.close({ deadlineMs: CLOSE_DEADLINE_MS });
  }
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
