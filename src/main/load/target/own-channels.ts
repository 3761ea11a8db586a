/**
 * A channel for each connection, so that what is posted there goes through the ring and the channel's log to this one alone.
 * A name is used again when its connection is gone: a hub keeps every channel that was ever posted to.
 *
 * Thread: the hub's application.
 */
import type { ConnectionSummary } from '../../../shared/inbound';
import type { Hub } from '../../hub';
import type { Route } from './inbound-relay';

export class OwnChannels implements Route {
  readonly #hub: Hub;
  readonly #free: string[] = [];
  #made = 0;

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  /** The subscription goes the same way as the posts that come behind it, so it is there before them. */
  open({ id }: ConnectionSummary): string {
    const channel = this.#free.pop() ?? `own-${++this.#made}`;
    this.#hub.subscribe(id, channel).catch(() => {}); // the hub is closing
    return channel;
  }

  close(channel: string): void {
    this.#free.push(channel);
  }
}
