/**
 * The listening socket and the handshakes: who comes in, and on which channel. From then on the engine has the connection.
 *
 * Thread: the service's.
 */
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { type Board, HubCounter } from '../../shared/board';
import { ANY_OTHER_CHANNEL, DEFAULT_CHANNEL, isChannelAllowed } from '../../shared/channel-name';
import { HubError, HubErrorCode } from '../../shared/errors';
import { log } from '../../shared/log';
import type { ResolvedHubOptions } from '../../shared/options';
import { MAX_NAME_BYTES } from '../../shared/ring/record';
import { Admission } from './admission';
import type { CapacityWatch } from './capacity-watch';
import type { Channel } from './channel';
import type { DescriptorMirror } from './descriptor-mirror';
import type { Engine } from './engine';
import { FragmentSocket } from './receiver/fragment-socket';
import { HandedOver } from './receiver/handed-over';
import { RefusalNotice } from './refusal-notice';
import { descriptorOf } from './socket-descriptor';
import { WsSocket } from './ws-socket';

/** Deadlines and limits of the handshake; node's own are far too generous for a server of sockets that stay. */
const HTTP_SETTINGS = {
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 8_192,
  keepAliveTimeout: 1_000,
} as const;
const MAX_HEADERS = 64;
const TLS_SETTINGS = { handshakeTimeout: 5_000, minVersion: 'TLSv1.2' } as const;
/** Connections that the operating system may hold until we accept them (capped by its own limit). */
const BACKLOG = 4_096;
/** A mute peer has this long to answer a close frame. */
const CLOSE_TIMEOUT_MS = 2_000;
/** Pieces of one unfinished message that are kept: enough for 64 B segments of a 64 KiB message. */
const MAX_BUFFERED_CHUNKS = 1_024;
/** Peers may compress their messages, each by itself: no memory is held for them between two. The hub never compresses. */
const INBOUND_COMPRESSION = { clientNoContextTakeover: true, serverNoContextTakeover: true };
/** Of the subprotocols that a handshake offers, so many are looked at. */
const MAX_OFFERED_PROTOCOLS = 16;
const RETRY_AFTER_SECONDS = 1;
/**
 * What a TLS peer gets when it must be refused before its handshake: an alert (RFC 8446 section 6: fatal, internal_error), where a
 * close without a word would look like a fault of the network.
 */
const TLS_ALERT = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x50]);

interface Refusal {
  status: 400 | 404 | 503;
  text: string;
}

interface Destination {
  channel: Channel;
  /** The subprotocol to answer with. */
  protocol: string | undefined;
}

export class Listener {
  readonly #engine: Engine;
  readonly #board: Board;
  readonly #options: ResolvedHubOptions;
  readonly #capacity: CapacityWatch;
  readonly #admission: Admission;
  readonly #notice = new RefusalNotice(() => performance.now());
  readonly #server: http.Server | https.Server;
  readonly #handshakes: WebSocketServer;
  /** Handshakes on channels that receive fragments. */
  readonly #handovers: WebSocketServer;
  /** The subprotocol chosen for a request, until its handshake is answered. */
  readonly #protocols = new WeakMap<http.IncomingMessage, string>();
  readonly #mirror: DescriptorMirror | undefined;
  #closed = false;

  /** @param mirror is told of every descriptor that it has */
  constructor(
    engine: Engine,
    board: Board,
    options: ResolvedHubOptions,
    capacity: CapacityWatch,
    mirror?: DescriptorMirror,
  ) {
    this.#engine = engine;
    this.#board = board;
    this.#options = options;
    this.#capacity = capacity;
    this.#mirror = mirror;
    this.#server = createServer(options);
    this.#server.maxHeadersCount = MAX_HEADERS;
    this.#admission = new Admission(
      capacity,
      () => performance.now(),
      (socket) => this.#refuseAtOnce(socket),
    );
    this.#server.on('connection', (socket: Socket) => this.#admission.accepted(socket));
    this.#server.on('request', (_request, response) => answerPlainRequest(response));
    this.#server.on('upgrade', (request, socket, head) => this.upgrade(request, socket, head));
    if (mirror !== undefined) {
      this.#server.on('connection', (socket: Socket) => mirror.watch(socket));
      this.#server.on('secureConnection', (socket: Socket) => mirror.watch(socket));
    }
    const settings = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: options.inboundCompression && INBOUND_COMPRESSION,
      skipUTF8Validation: false,
      autoPong: false, // pongs pass the connection's one gate
      ...messageLimits(options.maxMessageBytes, options.maxFragments),
      closeTimeout: CLOSE_TIMEOUT_MS,
      handleProtocols: (_offered, request) => this.#protocols.get(request) ?? false,
    } as ConstructorParameters<typeof WebSocketServer>[0]; // the newest limits are not in the type package
    this.#handshakes = new WebSocketServer(settings);
    this.#handovers = new WebSocketServer({ ...settings, WebSocket: HandedOver });
  }

  /** @returns the port it listens on */
  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host: this.#options.host, port: this.#options.port, backlog: BACKLOG }, () => {
        this.#server.off('error', reject);
        // The next connection is tried again.
        this.#server.on('error', ({ message }) =>
          log.warn(`a connection could not be accepted: ${message}`, { kind: 'accept' }),
        );
        this.#mirror?.add(descriptorOf(this.#server));
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /** Accepted sockets that are not closed: peers, handshakes, and peers that are being refused. */
  get sockets(): number {
    return this.#admission.sockets;
  }

  /** The limits of peers' messages changed, or the certificate: they hold for the connections to come. */
  reconfigured(): void {
    const { maxMessageBytes, maxFragments, tls } = this.#options;
    if (tls !== undefined && this.#server instanceof https.Server)
      this.#server.setSecureContext({ ...TLS_SETTINGS, ...plainTls(tls) });
    Object.assign(this.#handshakes.options, messageLimits(maxMessageBytes, maxFragments));
  }

  /** Takes no further connections. */
  close(): void {
    this.#closed = true;
    this.#mirror?.delete(descriptorOf(this.#server));
    this.#server.close();
  }

  /** Ends the handshakes that are not complete: they would keep the thread alive. Open peers are not among them. */
  endHandshakes(): void {
    this.#server.closeAllConnections();
  }

  /** Whether the hub's options allow a channel that the request names. Makes none. */
  allows(request: http.IncomingMessage): boolean {
    const named = channelOfUrl(request.url ?? '/', this.#options.path);
    if (typeof named !== 'string') return false;
    const names = named !== '' ? [named] : offeredProtocols(request);
    return (names.length === 0 ? [DEFAULT_CHANNEL] : names).some((name) =>
      isChannelAllowed(this.#options.allowed, name),
    );
  }

  /** Answers a request that is for nobody. */
  turnAway(socket: Duplex): void {
    socket.on('error', () => socket.destroy());
    this.#refuse(socket as Socket, { status: 404, text: 'nothing here' });
  }

  /** Answers an upgrade request that came over somebody else's server: see `upgrade`. */
  adopt(request: http.IncomingMessage, socket: Duplex, head: Buffer): boolean {
    this.#admission.joined(socket as Socket);
    this.#mirror?.watch(socket as Socket);
    return this.upgrade(request, socket, head);
  }

  /**
   * Answers an upgrade request.
   *
   * @returns whether it became a connection; otherwise it is answered with an HTTP error
   */
  upgrade(request: http.IncomingMessage, duplex: Duplex, head: Buffer): boolean {
    const socket = duplex as Socket;
    socket.on('error', () => socket.destroy()); // from now on the server looks after it no more
    this.#admission.spoke(socket);
    if (!isHandshake(request)) {
      this.#board.countHub(HubCounter.REJECTED, 1);
      this.#handshakes.handleUpgrade(request, socket, head, () => socket.destroy()); // ws says what is wrong with it
      return false;
    }
    const destination = this.#destinationOf(request);
    if ('status' in destination) {
      this.#refuse(socket, destination);
      return false;
    }
    if (destination.protocol !== undefined) this.#protocols.set(request, destination.protocol);
    const { channel } = destination;
    let opened = false;
    const entered = () => {
      opened = true; // at once: without `verifyClient` ws asks nobody
    };
    if (channel.policy.receive === 'fragments') {
      this.#handovers.handleUpgrade(request, socket, head, (ws) => {
        this.#openForFragments(ws as HandedOver, socket, channel);
        entered();
      });
    } else {
      this.#handshakes.handleUpgrade(request, socket, head, (ws) => {
        this.#open(ws, socket, channel);
        entered();
      });
    }
    return opened;
  }

  #open(ws: WebSocket, socket: Socket, channel: Channel): void {
    const connection = this.#engine.connect(new WsSocket(ws, socket), channel);
    ws.on('message', (data: RawData, isBinary: boolean) =>
      this.#engine.inbound.receive(connection, data as Buffer, !isBinary),
    );
    ws.on('ping', (payload: Buffer) => {
      connection.heard(performance.now());
      connection.pong(payload);
    });
    ws.on('pong', () => connection.heard(performance.now()));
    ws.on('error', () => {}); // a fault of the peer: ws answers with the close code for it, and `close` follows
    ws.on('close', (code: number, reason: Buffer) =>
      this.#engine.ended(connection, code, reason.toString('utf8')),
    );
  }

  #openForFragments({ head, mayCompress }: HandedOver, socket: Socket, channel: Channel): void {
    const peer = new FragmentSocket(socket, { mayCompress, closeTimeoutMs: CLOSE_TIMEOUT_MS });
    const connection = this.#engine.connect(peer, channel);
    peer.start(head, {
      fragment: (bytes, fragment) => this.#engine.inbound.receiveFragment(connection, bytes, fragment),
      ping: (payload) => {
        connection.heard(performance.now());
        connection.pong(payload);
      },
      alive: () => connection.heard(performance.now()),
      fault: (code, text) =>
        log.info(`closed with ${code} for what the peer sent: ${text}`, { connection: connection.id }),
      ended: (code, reason) => this.#engine.ended(connection, code, reason),
    });
  }

  #destinationOf(request: http.IncomingMessage): Destination | Refusal {
    if (this.#closed) return { status: 503, text: 'the hub closes' };
    if (this.#engine.saturated) {
      this.#tellFull();
      return FULL;
    }
    const named = channelOfUrl(request.url ?? '/', this.#options.path);
    if (typeof named !== 'string') return named;
    const offered = offeredProtocols(request);
    if (named !== '') return this.#enter(named, offered[0]);
    if (offered.length === 0) return this.#enter(DEFAULT_CHANNEL, undefined);
    let answer: Destination | Refusal = NOT_FOUND;
    for (const name of offered.slice(0, MAX_OFFERED_PROTOCOLS)) {
      answer = this.#enter(name, name);
      if ('channel' in answer || answer.status === 503) break;
    }
    return answer;
  }

  #enter(name: string, protocol: string | undefined): Destination | Refusal {
    if (name === ANY_OTHER_CHANNEL || Buffer.byteLength(name) > MAX_NAME_BYTES) return NOT_FOUND;
    const channel = this.#engine.channel(name);
    if (channel === 'not allowed') return NOT_FOUND;
    if (channel === 'too many') return { status: 503, text: 'too many channels' };
    return { channel, protocol };
  }

  #refuse(socket: Socket, refusal: Refusal): void {
    this.#board.countHub(HubCounter.REJECTED, 1);
    log.info(`a handshake from ${socket.remoteAddress} was answered ${refusal.status}: ${refusal.text}`);
    socket.end(answerOf(refusal), () => socket.destroy());
  }

  /** Within the call: the answer goes to the operating system, and the descriptor is free again. */
  #refuseAtOnce(socket: Socket): void {
    this.#board.countHub(HubCounter.REJECTED, 1);
    this.#tellFull();
    socket.on('error', () => {});
    socket.write(this.#options.tls === undefined ? answerOf(FULL) : TLS_ALERT);
    socket.destroy();
  }

  #tellFull(): void {
    this.#notice.refused(() => {
      const connections = this.#board.hubCounter(HubCounter.CONNECTIONS);
      if (connections < this.#capacity.connections && this.#engine.saturated)
        return 'the application is far behind with its events';
      return `${connections} connections of ${this.#capacity.connections} are open, and ${this.sockets} sockets of ${this.#capacity.sockets}, handshakes included`;
    });
  }
}

const FULL: Refusal = { status: 503, text: 'too many connections' };

function answerOf({ status, text }: Refusal): string {
  const retry = status === 503 ? `Retry-After: ${RETRY_AFTER_SECONDS}\r\n` : '';
  return `HTTP/1.1 ${status} ${http.STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\n${retry}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}

/** In the words of ws. */
function messageLimits(maxMessageBytes: number, maxFragments: number): object {
  return {
    maxPayload: maxMessageBytes,
    maxFragments,
    maxBufferedChunks: maxFragments === 0 ? 0 : MAX_BUFFERED_CHUNKS,
  };
}

/** Whether ws will accept it: a channel is not made for anything that says `Upgrade`. */
function isHandshake({ method, headers }: http.IncomingMessage): boolean {
  const key = headers['sec-websocket-key'];
  return (
    method === 'GET' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    key !== undefined &&
    HANDSHAKE_KEY.test(key) &&
    (headers['sec-websocket-version'] === '13' || headers['sec-websocket-version'] === '8')
  );
}

function offeredProtocols({ headers }: http.IncomingMessage): string[] {
  return (headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** 16 bytes in base64 (RFC 6455 section 4.1). */
const HANDSHAKE_KEY = /^[+/0-9A-Za-z]{22}==$/;
const NOT_FOUND: Refusal = { status: 404, text: 'no such channel' };

/** A request may name the server too, as to a proxy: that is to be accepted (RFC 9112 section 3.2.2). */
const ABSOLUTE_FORM = /^(?:https?|wss?):\/\/[^/?#]*/i;

/** The path of a request's target, without its query. */
export function pathOfTarget(url: string): string {
  const target = url.replace(ABSOLUTE_FORM, '');
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}

/** The channel that a URL's path names below `base`; empty: it names none. */
function channelOfUrl(url: string, base: string): string | Refusal {
  const path = pathOfTarget(url);
  if (`${path}/` === base) return '';
  if (!path.startsWith(base)) return NOT_FOUND;
  try {
    return decodeURIComponent(path.slice(base.length));
  } catch {
    return { status: 400, text: 'the path is not percent-encoded UTF-8' };
  }
}

function answerPlainRequest(response: http.ServerResponse): void {
  const text = 'This is a WebSocket server.\n';
  response.writeHead(426, {
    Upgrade: 'websocket',
    Connection: 'close',
    'Content-Type': 'text/plain',
    'Content-Length': text.length,
  });
  response.end(text);
}

/** @throws {HubError} LISTEN_FAILED if the certificate or the key cannot be used */
function createServer({ tls }: ResolvedHubOptions): http.Server | https.Server {
  if (tls === undefined) return http.createServer(HTTP_SETTINGS);
  try {
    return https.createServer({ ...HTTP_SETTINGS, ...TLS_SETTINGS, ...plainTls(tls) });
  } catch (cause) {
    throw new HubError(
      HubErrorCode.LISTEN_FAILED,
      `tls.key and tls.cert cannot be used: ${(cause as Error).message}`,
      { cause },
    );
  }
}

/** Bytes that came through structured clone are plain Uint8Arrays: TLS wants Buffers. */
function plainTls(tls: NonNullable<ResolvedHubOptions['tls']>): https.ServerOptions {
  const buffer = (pem: string | Uint8Array | undefined) =>
    pem instanceof Uint8Array ? Buffer.from(pem) : pem;
  return { key: buffer(tls.key), cert: buffer(tls.cert), ca: buffer(tls.ca), passphrase: tls.passphrase };
}
