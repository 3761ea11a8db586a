/**
 * A connection by the library ws (`client: 'ws'`): it checks all that a client can, UTF-8 too, and speaks permessage-deflate where
 * it is asked for. It costs more than a bare socket: `npm run bench:generator`.
 *
 * Thread: a load thread.
 */
import net from 'node:net';
import tls from 'node:tls';
import { type ClientOptions, WebSocket } from 'ws';
import { CloseCode } from '../../shared/close-codes';
import { monotonicNs } from '../../shared/load/monotonic';
import type { ConnectPlan } from '../../shared/load/plan';
import { type AdapterLine, Session, type SessionPeer } from './adapter-session';
import { ConnectError, ConnectFailure, withRemedy } from './connect-error';
import type { ConnectTimings, Peer, PeerEvents, PeerRole } from './peer';
import { CLOSE_TIMEOUT_MS, FULL_BYTES } from './raw-peer';
import { askedSubprotocols, sourceAddressOf, tlsOptions } from './raw-route';
import { ServerAddress } from './server-address';
import { httpError } from './upgrade';

/** The way of a thread's `ws` clients to one server. */
export class WsRoute {
  readonly url: URL;
  readonly line: AdapterLine | undefined;
  readonly subprotocols: string[];
  readonly #plan: ConnectPlan;
  readonly #address: ServerAddress;
  readonly #tls: tls.ConnectionOptions | undefined;

  constructor(url: URL, plan: ConnectPlan, line: AdapterLine | undefined) {
    this.url = new URL(line?.url ?? url);
    this.url.hash = ''; // an adapter's own, which ws would refuse
    this.line = line;
    this.subprotocols = askedSubprotocols(plan, line);
    this.#plan = plan;
    this.#address = new ServerAddress(url);
    this.#tls = url.protocol === 'wss:' ? tlsOptions(plan.tls, this.#address.hostname) : undefined;
  }

  options(number: number): ClientOptions & { createConnection: () => net.Socket } {
    const { headers, origin, compression } = this.#plan;
    return {
      headers,
      origin,
      perMessageDeflate: compression,
      closeTimeout: CLOSE_TIMEOUT_MS,
      createConnection: () => this.#connect(number),
    } as ClientOptions & { createConnection: () => net.Socket };
  }

  reached(socket: net.Socket): void {
    if (!this.#address.isPinned) this.#address.pin(socket.remoteAddress);
  }

  #connect(number: number): net.Socket {
    const localAddress = sourceAddressOf(this.#plan, number);
    const options: net.TcpNetConnectOpts = {
      host: this.#address.host,
      port: this.#address.port,
      noDelay: true,
    };
    if (localAddress !== undefined) Object.assign(options, { localAddress, family: net.isIP(localAddress) });
    if (!this.#address.isPinned) options.lookup = this.#address.lookup;
    return this.#tls === undefined ? net.connect(options) : tls.connect({ ...options, ...this.#tls });
  }
}

export class WsPeer implements Peer, SessionPeer {
  readonly number: number;
  readonly publisher: boolean;
  readonly slowGroup: number;
  readonly wasCut = false;
  state: unknown = undefined;

  readonly #ws: WebSocket;
  readonly #route: WsRoute;
  readonly #events: PeerEvents;
  readonly #session: Session | undefined;
  readonly #timings: ConnectTimings = { tcpNs: 0, tlsNs: 0, upgradeNs: 0 };
  #markNs = monotonicNs();
  #socket: net.Socket | undefined;
  #upgraded = false;
  #open = false;
  #full = false;
  #error: Error | undefined;
  /** When the message came that is being handed out. */
  #receivedNs = 0;

  /** Begins to connect. */
  constructor(route: WsRoute, role: PeerRole, events: PeerEvents) {
    this.number = role.number;
    this.publisher = role.publisher;
    this.slowGroup = role.slowGroup;
    this.#route = route;
    this.#events = events;
    this.#session = route.line === undefined ? undefined : new Session(route.line, this);
    const { createConnection, ...options } = route.options(role.number);
    const connect = (): net.Socket => this.#watchSocket(createConnection());
    this.#ws = new WebSocket(route.url, route.subprotocols, {
      ...options,
      createConnection: connect,
    } as ClientOptions);
    this.#watch();
  }

  get open(): boolean {
    return this.#open && this.#ws.readyState === WebSocket.OPEN;
  }

  get queuedBytes(): number {
    return this.#ws.bufferedAmount;
  }

  get wireBytes(): number {
    return (this.#socket?.bytesRead ?? 0) + (this.#socket?.bytesWritten ?? 0);
  }

  send(payload: Uint8Array, text: boolean): boolean {
    return this.#session === undefined ? this.write(payload, text) : this.#session.send(payload, text);
  }

  close(code: number = CloseCode.NORMAL, reason = ''): void {
    if (this.#upgraded) this.#ws.close(code, reason);
    else this.#ws.terminate();
  }

  terminate(): void {
    const socket = this.#socket;
    if (socket === undefined || socket.connecting || socket instanceof tls.TLSSocket) this.#ws.terminate();
    else socket.resetAndDestroy();
  }

  /** @internal as SessionPeer, and all below */
  write(payload: Uint8Array, text: boolean): boolean {
    if (this.#ws.readyState !== WebSocket.OPEN) return false;
    // A copy: what is compressed is read after this call has returned.
    this.#ws.send(Buffer.from(payload), { binary: !text });
    if (this.#ws.bufferedAmount < FULL_BYTES) return true;
    this.#tellWhenWritable();
    return false;
  }

  ready(): void {
    this.#open = true;
    this.#events.opened(this, this.#timings);
  }

  payload(bytes: Buffer, start: number, end: number, binary: boolean): void {
    this.#events.message(this, bytes, start, end, binary, this.#receivedNs);
  }

  fail(error: Error): void {
    this.#error ??= error;
    this.#ws.terminate();
  }

  #watchSocket(socket: net.Socket): net.Socket {
    this.#socket = socket;
    socket.once('connect', () => {
      this.#timings.tcpNs = this.#lap();
    });
    socket.once('secureConnect', () => {
      this.#timings.tlsNs = this.#lap();
    });
    return socket;
  }

  #watch(): void {
    const ws = this.#ws;
    ws.on('open', () => this.#opened());
    ws.on('message', (data: Buffer, binary: boolean) => {
      this.#receivedNs = monotonicNs();
      if (this.#session === undefined) this.payload(data, 0, data.length, binary);
      else this.#session.message(data, 0, data.length, binary);
    });
    ws.on('ping', () => this.#events.pinged?.(this));
    ws.on('pong', () => this.#events.pong?.(this));
    ws.on('unexpected-response', (_request, { statusCode, statusMessage, headers }) => {
      const told = new Map(Object.entries(headers).map(([name, value]) => [name, String(value)]));
      this.fail(httpError(String(statusCode), statusMessage ?? '', told, ''));
    });
    ws.on('error', (error) => {
      this.#error ??= this.#upgraded ? error : refusedBy(error);
    });
    ws.on('close', (code, reason) => {
      this.#open = false;
      this.#session?.end();
      this.#events.closed(this, code, reason.toString('utf8'), this.#error);
    });
  }

  #opened(): void {
    this.#upgraded = true;
    this.#timings.upgradeNs = this.#lap();
    this.#route.reached(this.#socket!);
    if (this.#session === undefined) this.ready();
    else this.#session.open();
  }

  #tellWhenWritable(): void {
    if (this.#full) return;
    this.#full = true;
    this.#socket!.once('drain', () => {
      this.#full = false;
      this.#events.writable(this);
    });
  }

  #lap(): number {
    const nowNs = monotonicNs();
    const lapNs = nowNs - this.#markNs;
    this.#markNs = nowNs;
    return lapNs;
  }
}

/** What node:http says of a connection that ended before an answer, with the code of a reset. */
const HUNG_UP = 'socket hang up';

/** Codes of node:http for an answer that is no HTTP. */
const NO_HTTP = 'HPE_';

/** An error of the handshake: the system's, or what ws found wrong with the answer, which has no code. */
function refusedBy(error: Error): Error {
  const { code } = error as NodeJS.ErrnoException;
  if (error.message === HUNG_UP)
    return new ConnectError(
      ConnectFailure.CLOSED_EARLY,
      'the server closed before it had answered the upgrade',
    );
  if (code === undefined || code.startsWith(NO_HTTP))
    return new ConnectError(ConnectFailure.BAD_UPGRADE, error.message);
  return withRemedy(error);
}
