/**
 * The clients and publishers of a load thread: who is connected, who comes back, who leaves when.
 *
 * Thread: a load thread.
 */
import { CounterWord, type LoadBoard } from '../../shared/load/board';
import type { Share } from '../../shared/load/generator';
import { type LoadPlan, Mode } from '../../shared/load/plan';
import { clientsPublish, type Range, slowGroupOf } from '../../shared/load/shares';
import type { Attendance } from './attendance';
import type { ClientState } from './client-state';
import { type Arrival, Connector, type ConnectorEvents, type Dial } from './connector';
import { codeOf, type ErrorLog } from './error-log';
import type { ConnectTimings, Peer } from './peer';
import type { Receiving } from './receiving';
import type { Sending } from './sending';

export interface SwarmParts {
  board: LoadBoard;
  attendance: Attendance;
  dial: Dial;
  receiving: Receiving;
  sending: Sending;
  errors: ErrorLog;
}

export class Swarm implements ConnectorEvents {
  readonly clients: readonly ClientState[];
  readonly #publishers: (Peer | undefined)[];
  readonly #plan: LoadPlan;
  readonly #share: Share;
  readonly #parts: SwarmParts;
  readonly #connector: Connector;
  readonly #clientsPublish: boolean;
  /** Bytes of connections that are gone. */
  #wireBytes = 0;
  #open = 0;
  #sockets = 0;
  /** Those that we let go, until they are gone. */
  readonly #leaving = new Set<Peer>();
  #ending = false;
  #allClosed: (() => void) | undefined;

  constructor(plan: LoadPlan, share: Share, clients: readonly ClientState[], parts: SwarmParts) {
    this.#plan = plan;
    this.#share = share;
    this.#parts = parts;
    this.#clientsPublish = clientsPublish(plan);
    this.clients = clients;
    this.#publishers = new Array(share.publishers.to - share.publishers.from);
    this.#connector = new Connector(parts.dial, this.#limits(), this);
  }

  /** Resolves when everybody is open or was given up. */
  connect(): Promise<void> {
    const { from, to } = this.#share.publishers;
    const publishers = Array.from({ length: to - from }, (_, at) => ({
      number: this.#plan.clients + from + at,
      publisher: true,
      slowGroup: -1,
    }));
    return this.#connector.connect([...publishers, ...this.clients.map(arrivalOf)]);
  }

  /** Ends the connections of those of these clients that have one, and opens new ones. */
  replace(clients: readonly ClientState[], how: 'close' | 'terminate'): void {
    const connected = clients.filter(({ peer }) => peer !== undefined);
    for (const client of connected) this.#leave(client, how);
    void this.#connector.connect(connected.map(arrivalOf), { atOnce: true });
  }

  /** Says goodbye to everybody. Resolves when all connections are gone. */
  async close(): Promise<void> {
    this.#ending = true;
    this.#connector.abort();
    for (const client of this.clients) this.#leave(client, 'close');
    for (const peer of this.#publishers) peer?.close();
    if (this.#sockets > 0)
      await new Promise<void>((resolve) => {
        this.#allClosed = resolve;
      });
    this.tell();
  }

  /** Gauges, which nobody needs to the microsecond. */
  tell(): void {
    let wireBytes = this.#wireBytes;
    for (const { peer } of this.clients) wireBytes += peer?.wireBytes ?? 0;
    for (const peer of this.#leaving) wireBytes += peer.wireBytes;
    for (const peer of this.#publishers) wireBytes += peer?.wireBytes ?? 0;
    this.#parts.board.set('wireBytes', wireBytes);
    this.#parts.board.set('connecting', this.#connector.connecting);
  }

  opened(peer: Peer, timings: ConnectTimings, connectNs: number): void {
    this.#sockets++;
    if (peer.publisher) this.#publisherOpened(peer);
    else this.#clientOpened(peer, timings, connectNs);
    if (this.#ending) peer.close();
  }

  message(peer: Peer, bytes: Buffer, start: number, end: number, _binary: boolean, receivedNs: number): void {
    if (peer.publisher) return; // what a server gives to all it gives to publishers too
    const client = peer.state as ClientState;
    if (client.peer === peer) this.#parts.receiving.take(client, bytes, start, end, receivedNs);
  }

  pinged(): void {
    this.#parts.board.add(CounterWord.pingsAnswered);
  }

  writable(): void {}

  retried(_arrival: Arrival, error: Error): void {
    this.#parts.board.add(CounterWord.connectRetried);
    this.#parts.errors.add('connect', codeOf(error), error.message);
  }

  gaveUp(arrival: Arrival, error: Error): void {
    if (!arrival.publisher) this.#parts.board.add(CounterWord.connectFailed);
    this.#parts.errors.add('connect', codeOf(error), error.message);
  }

  closed(peer: Peer, code: number, reason: string, error: Error | undefined): void {
    this.#sockets--;
    this.#leaving.delete(peer);
    this.#wireBytes += peer.wireBytes;
    if (peer.publisher) this.#publisherClosed(peer, code, reason, error);
    else this.#clientClosed(peer, code, reason, error);
    if (this.#sockets === 0) this.#allClosed?.();
  }

  #clientOpened(peer: Peer, timings: ConnectTimings, connectNs: number): void {
    const { board, sending, attendance } = this.#parts;
    const client = this.clients[peer.number - this.#share.clients.from]!;
    client.peer = peer;
    peer.state = client;
    attendance.came(client);
    board.set('connected', ++this.#open);
    board.add(CounterWord.opened);
    const { connect, connectTcp, connectTls, connectUpgrade } = board.histograms;
    connect.record(connectNs);
    connectTcp.record(timings.tcpNs);
    if (timings.tlsNs > 0) connectTls.record(timings.tlsNs);
    connectUpgrade.record(timings.upgradeNs);
    if (this.#clientsPublish) sending.carry(client.number, peer);
    if (this.#plan.mode === Mode.CONNECT) this.#leave(client, 'close');
  }

  #clientClosed(peer: Peer, code: number, reason: string, error: Error | undefined): void {
    const { board, sending, attendance } = this.#parts;
    const client = peer.state as ClientState;
    board.set('connected', --this.#open);
    if (client.peer !== peer) return; // we let it go
    client.peer = undefined;
    if (this.#clientsPublish) sending.carry(client.number, undefined);
    attendance.lostConnection(client);
    if (client.slowGroup >= 0) board.addSlow(client.slowGroup, 'disconnected');
    board.add(peer.wasCut ? CounterWord.left : CounterWord.lostConnections);
    if (!peer.wasCut) this.#tellLoss(code, reason, error);
    if (this.#plan.reconnect) void this.#connector.connect([arrivalOf(client)]);
  }

  #publisherOpened(peer: Peer): void {
    const stream = peer.number - this.#plan.clients;
    this.#publishers[stream - this.#share.publishers.from] = peer;
    this.#parts.sending.carry(stream, peer);
  }

  /** A publisher comes back whatever the plan says of clients: else its part of the schedule would be lost for good. */
  #publisherClosed(peer: Peer, code: number, reason: string, error: Error | undefined): void {
    const stream = peer.number - this.#plan.clients;
    this.#publishers[stream - this.#share.publishers.from] = undefined;
    this.#parts.sending.carry(stream, undefined);
    if (this.#ending) return;
    this.#tellLoss(code, reason, error);
    void this.#connector.connect([{ number: peer.number, publisher: true, slowGroup: -1 }]);
  }

  /** What still comes over its connection counts no more. */
  #leave(client: ClientState, how: 'close' | 'terminate'): void {
    const { peer } = client;
    if (peer === undefined) return;
    client.peer = undefined;
    const { board, attendance, sending } = this.#parts;
    if (this.#clientsPublish) sending.carry(client.number, undefined);
    board.add(CounterWord.left);
    this.#leaving.add(peer);
    if (!this.#ending) attendance.left(client);
    peer[how]();
  }

  #tellLoss(code: number, reason: string, error: Error | undefined): void {
    const what = error === undefined ? `close ${code}` : codeOf(error);
    this.#parts.errors.add(
      'close',
      what,
      error?.message ?? `the server closed with ${code} ${reason}`.trim(),
    );
  }

  /** The rate and the window are of all load threads together. */
  #limits(): LoadPlan['connect'] {
    const { connect, clients } = this.#plan;
    const part = this.clients.length / clients;
    return {
      ...connect,
      ratePerSecond: Math.max(1, connect.ratePerSecond * part),
      concurrency: Math.max(1, Math.round(connect.concurrency * part)),
    };
  }
}

export function newClients(plan: LoadPlan, { from, to }: Range): ClientState[] {
  return Array.from({ length: to - from }, (_, slot) => ({
    number: from + slot,
    slot,
    slowGroup: slowGroupOf(plan.slow, plan.clients, from + slot),
    peer: undefined,
    present: false,
  }));
}

function arrivalOf({ number, slowGroup }: ClientState): Arrival {
  return { number, publisher: false, slowGroup };
}
