/**
 * What an application does that answers its peers through the hub: it takes each message and posts it to a channel.
 *
 *     peer ─▶ service thread ─▶ this thread: hub.on('message') ─▶ hub.post ─▶ ring ─▶ log of a channel ─▶ its subscribers
 *
 * Nothing is lost and nothing piles up: while there is no room in the ring, or a subscriber is behind, the sender is not read.
 *
 * Thread: the hub's application.
 */
import { CloseCode } from '../../../shared/close-codes';
import type { ConnectionSummary, FragmentInfo } from '../../../shared/inbound';
import { MessageAssembler } from '../../../shared/message-assembler';
import type { Hub } from '../../hub';

/** Waiting for room is tried again, so this only says how often. */
const WAIT_MS = 30_000;

interface RelayedPeer {
  readonly channel: string;
  /** Messages that wait for room. */
  waiting: number;
  gone: boolean;
  /** What has come of a message, on a channel that receives fragments. */
  parts?: MessageAssembler;
}

/** Whose channel a message goes to. */
export interface Route {
  /** The channel for what a new connection will send. */
  open(info: ConnectionSummary): string;
  /** The connection is gone, and nothing will be posted for it any more. */
  close?(channel: string): void;
}

export class InboundRelay {
  readonly #hub: Hub;
  readonly #route: Route;
  readonly #peers = new Map<number, RelayedPeer>();

  /** @param maxMessageBytes of messages that come in fragments; undefined: none do */
  constructor(hub: Hub, route: Route, maxMessageBytes?: number) {
    this.#hub = hub;
    this.#route = route;
    hub.on('connection', (info) =>
      this.#peers.set(info.id, { channel: route.open(info), waiting: 0, gone: false }),
    );
    hub.on('message', ({ id }, data) => this.#relay(id, data));
    hub.on('disconnect', ({ id }) => this.#leave(id));
    if (maxMessageBytes === undefined) return;
    hub.on('fragment', ({ id }, bytes, fragment) => this.#gather(id, bytes, fragment, maxMessageBytes));
  }

  #gather(id: number, bytes: Uint8Array, fragment: FragmentInfo, maxMessageBytes: number): void {
    const peer = this.#peers.get(id);
    if (peer === undefined) return;
    peer.parts ??= new MessageAssembler({ maxMessageBytes });
    const message = peer.parts.push(bytes, fragment);
    if (message === 'too long')
      this.#ask(
        this.#hub.disconnect(id, CloseCode.TOO_LONG, `a message of more than ${maxMessageBytes} bytes`),
      );
    else if (message !== undefined) this.#relay(id, message.data);
  }

  #relay(id: number, data: string | Uint8Array): void {
    const peer = this.#peers.get(id);
    if (peer === undefined) return;
    // What waits goes first: the messages of one peer keep their order.
    if (peer.waiting === 0 && this.#hub.post(peer.channel, data) !== 'full') return;
    void this.#relayLater(id, peer, data);
  }

  async #relayLater(id: number, peer: RelayedPeer, data: string | Uint8Array): Promise<void> {
    if (++peer.waiting === 1) this.#ask(this.#hub.pause(id));
    let posted = 'full';
    while (posted === 'full' && !peer.gone) {
      posted = await this.#hub.producer.postAsync(peer.channel, data, { timeoutMs: WAIT_MS });
    }
    if (--peer.waiting > 0) return;
    if (peer.gone) this.#route.close?.(peer.channel);
    else this.#ask(this.#hub.resume(id));
  }

  #leave(id: number): void {
    const peer = this.#peers.get(id);
    this.#peers.delete(id);
    if (peer === undefined) return;
    peer.gone = true;
    // Otherwise with the last one that waits: whoever gets the channel next must not get what is left of this peer.
    if (peer.waiting === 0) this.#route.close?.(peer.channel);
  }

  #ask(request: Promise<unknown>): void {
    request.catch(() => {}); // the hub is closing, or the connection has gone
  }
}
