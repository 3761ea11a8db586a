/** The client's side of load connections, for tests: what their events tell, and servers to talk with. */
import { once } from 'node:events';
import { createServer as createHttpsServer, type ServerOptions as HttpsOptions } from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import type { ConnectPlan, LoadPlan, SlowGroup } from '../../src/shared/load/plan';
import { Dialer } from '../../src/workers/load/dialer';
import type { ConnectTimings, Peer, PeerEvents } from '../../src/workers/load/peer';
import { whenOver } from './hubs';

export interface PeerEnd {
  code: number;
  reason: string;
  error: (Error & { code?: string }) | undefined;
}

/** Notes what peers tell, and lets a test wait for it. */
export class PeerNotes implements PeerEvents {
  readonly messages: { peer: number; data: Buffer; binary: boolean; receivedNs: number }[] = [];
  readonly opens: { peer: Peer; timings: ConnectTimings }[] = [];
  readonly ends: (PeerEnd & { peer: Peer })[] = [];
  writables = 0;
  pongs = 0;
  pings = 0;
  onOpened: (peer: Peer) => void = () => {};
  #waiting: { holds: () => boolean; resolve: () => void }[] = [];

  opened(peer: Peer, timings: ConnectTimings): void {
    this.opens.push({ peer, timings });
    this.onOpened(peer);
    this.#tell();
  }

  message(peer: Peer, bytes: Buffer, start: number, end: number, binary: boolean, receivedNs: number): void {
    const data = Buffer.from(bytes.subarray(start, end));
    this.messages.push({ peer: peer.number, data, binary, receivedNs });
    this.#tell();
  }

  pong(): void {
    this.pongs++;
    this.#tell();
  }

  pinged(): void {
    this.pings++;
    this.#tell();
  }

  writable(): void {
    this.writables++;
    this.#tell();
  }

  closed(peer: Peer, code: number, reason: string, error: Error | undefined): void {
    this.ends.push({ peer, code, reason, error });
    this.#tell();
  }

  get texts(): string[] {
    return this.messages.map(({ data }) => data.toString());
  }

  /** Resolves as soon as `holds`, which is asked again at each event. */
  until(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ holds, resolve }));
  }

  async untilOpen(count = 1): Promise<Peer> {
    await this.until(() => this.opens.length >= count || this.ends.length > 0);
    if (this.opens.length < count) throw this.ends[0].error ?? new Error(`closed with ${this.ends[0].code}`);
    return this.opens[count - 1].peer;
  }

  async untilEnd(): Promise<PeerEnd> {
    await this.until(() => this.ends.length > 0);
    return this.ends[0];
  }

  #tell(): void {
    this.#waiting = this.#waiting.filter(({ holds, resolve }) => !holds() || resolve());
  }
}

export function connectPlan(url: string, changes: Partial<ConnectPlan> = {}): ConnectPlan {
  return {
    url,
    publishUrl: url,
    headers: {},
    origin: undefined,
    subprotocols: [],
    tls: { insecure: false, ca: undefined, cert: undefined, key: undefined },
    compression: false,
    ratePerSecond: 10_000,
    timeoutMs: 10_000,
    concurrency: 100,
    attempts: 1,
    sourceAddresses: [],
    client: 'sink',
    adapter: 'raw',
    ...changes,
  };
}

/** Of a plan only what a dialer looks at. */
export function dialerFor(
  url: string,
  changes: Partial<ConnectPlan> = {},
  slow: SlowGroup[] = [],
): Promise<Dialer> {
  return Dialer.create({ connect: connectPlan(url, changes), slow } as unknown as LoadPlan);
}

/** One peer that is open, ended when the test is over. */
export async function openPeer(
  url: string,
  changes: Partial<ConnectPlan> = {},
  slow?: SlowGroup['behaviour'],
): Promise<{ peer: Peer; notes: PeerNotes }> {
  const notes = new PeerNotes();
  const groups = slow === undefined ? [] : [{ name: 'slow', clients: 1, behaviour: slow }];
  const dialer = await dialerFor(url, changes, groups);
  const peer = dialer.dial(0, false, slow === undefined ? -1 : 0, notes);
  whenOver(() => peer.terminate());
  await notes.untilOpen();
  return { peer, notes };
}

export interface WsServer {
  server: WebSocketServer;
  url: string;
  port: number;
}

/** A server by the library ws. With `tls` it is one of `wss:`. */
export async function startWsServer(
  onPeer: (ws: WebSocket) => void,
  options: ServerOptions = {},
  tls?: HttpsOptions,
): Promise<WsServer> {
  const host = options.host ?? '127.0.0.1';
  const https = tls && createHttpsServer(tls);
  https?.listen(0, host);
  const server = new WebSocketServer({
    ...(https === undefined ? { port: 0 } : { server: https }),
    ...options,
    ...(https === undefined ? { host } : { host: undefined }),
  });
  server.on('connection', (ws) => {
    ws.on('error', () => {});
    onPeer(ws);
  });
  await once(https ?? server, 'listening');
  whenOver(() => {
    for (const client of server.clients) client.terminate();
    server.close();
    https?.close();
  });
  const { port } = (https ?? server).address() as AddressInfo;
  const shownHost = net.isIPv6(host) ? `[${host}]` : host;
  return { server, port, url: `${https === undefined ? 'ws' : 'wss'}://${shownHost}:${port}/` };
}

/** A server by hand: `onHead` is given each connection once its request has come. */
export async function startRudeServer(
  onHead: (socket: net.Socket, head: string) => void,
): Promise<{ url: string; port: number; connections: () => number }> {
  let connections = 0;
  const server = net.createServer((socket) => {
    connections++;
    let head = '';
    socket.on('error', () => {});
    whenOver(() => socket.destroy());
    const take = (bytes: Buffer): void => {
      head += bytes.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      socket.off('data', take);
      onHead(socket, head);
    };
    socket.on('data', take);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  whenOver(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { url: `ws://127.0.0.1:${port}/`, port, connections: () => connections };
}
