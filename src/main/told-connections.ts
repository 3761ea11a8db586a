/**
 * The connections that the application was told of and that have not ended. Do they end with their service thread, nobody
 * else can tell it so.
 *
 * Thread: the application's.
 */
import { CloseCode } from '../shared/close-codes';
import type { ConnectionSummary } from '../shared/inbound';
import type { ApplicationListener } from './application-events';

const REASON = 'the service thread ended';

export class ToldConnections {
  readonly #open = new Map<number, ConnectionSummary>();

  /** Tells `listener`, and notes what it was told. */
  noting(listener: ApplicationListener): ApplicationListener {
    return {
      ...listener,
      connection: (info) => {
        this.#open.set(info.id, info);
        listener.connection(info);
      },
      disconnect: (info) => {
        this.#open.delete(info.id);
        listener.disconnect(info);
      },
    };
  }

  /** Tells the end of every connection that is open. A listener that throws loses none of the others. */
  endAll(listener: ApplicationListener): void {
    const ended = [...this.#open.values()];
    this.#open.clear();
    for (const info of ended) {
      try {
        listener.disconnect({ ...info, code: CloseCode.ABNORMAL, reason: REASON });
      } catch (error) {
        process.nextTick(() => {
          throw error;
        });
      }
    }
  }
}
