/**
 * Opens a thread's connections, as the plan says.
 *
 * Thread: a load thread.
 */
import type { Adapter } from '../../shared/load/adapter';
import type { ConnectPlan, LoadPlan } from '../../shared/load/plan';
import { adapterLine } from './adapter-session';
import { loadAdapter } from './adapters';
import { OutgoingBatch } from './outgoing-batch';
import type { Peer, PeerEvents, PeerRole } from './peer';
import { RawPeer } from './raw-peer';
import { RawRoute } from './raw-route';

type Open = (role: PeerRole, events: PeerEvents) => Peer;

export class Dialer {
  readonly #plan: LoadPlan;
  readonly #openClient: Open;
  readonly #openPublisher: Open;

  private constructor(plan: LoadPlan, adapter: Adapter | undefined) {
    const batch = new OutgoingBatch();
    this.#plan = plan;
    this.#openClient = opener(plan.connect, plan.connect.url, adapter, batch);
    this.#openPublisher = opener(plan.connect, plan.connect.publishUrl, adapter, batch);
  }

  /** @throws {HubError} ADAPTER_LOAD_FAILED; {Error} for certificates that are none */
  static async create(plan: LoadPlan): Promise<Dialer> {
    return new Dialer(plan, await loadAdapter(plan.connect.adapter));
  }

  /**
   * Begins one attempt. `events` are told `opened` or `closed`, never within this call.
   *
   * @param slowGroup index into the plan's, or -1
   */
  dial(number: number, publisher: boolean, slowGroup: number, events: PeerEvents): Peer {
    const slow = this.#plan.slow[slowGroup]?.behaviour;
    const open = publisher ? this.#openPublisher : this.#openClient;
    return open({ number, publisher, slowGroup, slow }, events);
  }
}

function opener(plan: ConnectPlan, url: string, adapter: Adapter | undefined, batch: OutgoingBatch): Open {
  const parsed = new URL(url);
  const line = adapterLine(adapter, parsed);
  const rawRoute = new RawRoute(parsed, plan, line, batch);
  if (plan.client === 'sink') return (role, events) => new RawPeer(rawRoute, role, events);
  // Loaded only where it is needed: a load thread starts in a few milliseconds without ws.
  const { WsPeer, WsRoute } = require('./ws-peer') as typeof import('./ws-peer');
  const wsRoute = new WsRoute(parsed, plan, line);
  // Slow peers are bare sockets whatever the others are: ws would answer what they must not.
  return (role, events) =>
    role.slow === undefined ? new WsPeer(wsRoute, role, events) : new RawPeer(rawRoute, role, events);
}
