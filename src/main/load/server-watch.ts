/** What the server's process uses, where it is known. Thread: the coordinator's. */
import type { ServerResult } from '../../shared/load/result';
import type { LoadCounters } from '../../shared/load/snapshot';
import type { ServerUse } from './series';

export class ServerWatch {
  readonly #pid: number | undefined;

  constructor(pid: number | undefined) {
    this.#pid = pid;
  }

  /** Everybody is connected, and nothing is sent yet. */
  idle(): void {}

  /** The measure window begins. */
  begin(): void {}

  end(): void {}

  sinceLast(): ServerUse {
    return { cpu: null, rssBytes: null };
  }

  result(_counters: LoadCounters): ServerResult | null {
    return this.#pid === undefined ? null : null;
  }
}
