/**
 * Completes handshakes that are accepted: from then on the engine has the connection.
 *
 * Thread: the service's.
 */
import type http from 'node:http';
import type { Socket } from 'node:net';
import { type RawData, WebSocketServer } from 'ws';
import type { ResolvedHubOptions } from '../../../shared/options';
import type { Arrival } from '../arrival';
import type { Channel } from '../channel';
import type { Engine } from '../engine';
import { FragmentSocket } from '../receiver/fragment-socket';
import { HandedOver } from '../receiver/handed-over';
import { PatientWebSocket } from '../receiver/patient-web-socket';
import { WsSocket } from '../ws-socket';
import type { Client } from './client';
import type { Destination } from './destination';

/** Pieces of one unfinished message that are kept: enough for 64 B segments of a 64 KiB message. */
const MAX_BUFFERED_CHUNKS = 1_024;
/** Peers may compress their messages, each by itself: no memory is held for them between two. The hub never compresses. */
const INBOUND_COMPRESSION = { clientNoContextTakeover: true, serverNoContextTakeover: true };

/** A request to upgrade, and the socket that it came over. */
export interface Handshake {
  request: http.IncomingMessage;
  socket: Socket;
  /** Bytes that came with it. */
  head: Buffer;
  client: Client;
}

export class Upgrader {
  readonly #engine: Engine;
  readonly #options: ResolvedHubOptions;
  readonly #handshakes: WebSocketServer;
  /** Handshakes on channels that receive fragments. */
  readonly #handovers: WebSocketServer;
  /** The subprotocol chosen for a request, until its handshake is answered. */
  readonly #protocols = new WeakMap<http.IncomingMessage, string>();

  constructor(engine: Engine, options: ResolvedHubOptions) {
    this.#engine = engine;
    this.#options = options;
    const settings = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: options.inboundCompression && INBOUND_COMPRESSION,
      skipUTF8Validation: false,
      autoPong: false, // pongs pass the connection's one gate
      ...messageLimits(options.maxMessageBytes, options.maxFragments),
      closeTimeout: options.closeTimeoutMs,
      handleProtocols: (_offered, request) => this.#protocols.get(request) ?? false,
    } as ConstructorParameters<typeof WebSocketServer>[0]; // the newest limits are not in the type package
    this.#handshakes = new WebSocketServer({ ...settings, WebSocket: PatientWebSocket });
    this.#handovers = new WebSocketServer({ ...settings, WebSocket: HandedOver });
  }

  /** Limits changed: these hold for the connections to come. */
  reconfigured({ maxMessageBytes, maxFragments, closeTimeoutMs }: ResolvedHubOptions): void {
    const limits = { ...messageLimits(maxMessageBytes, maxFragments), closeTimeout: closeTimeoutMs };
    Object.assign(this.#handshakes.options, limits);
  }

  /** Answers a request that is no handshake: ws says what is wrong with it. */
  refuse(request: http.IncomingMessage, socket: Socket, head: Buffer): void {
    this.#handshakes.handleUpgrade(request, socket, head, () => socket.destroy());
  }

  /** @returns whether it became a connection */
  accept(
    { request, socket, head, client }: Handshake,
    { channel, others, protocol }: Destination,
    admitted: Arrival,
  ): boolean {
    const arrival = { ...admitted, others };
    if (protocol !== undefined) this.#protocols.set(request, protocol);
    let opened = false;
    const entered = () => {
      opened = true; // at once: without `verifyClient` ws asks nobody
    };
    if (channel.policy.receive === 'fragments') {
      this.#handovers.handleUpgrade(request, socket, head, (ws) => {
        this.#openForFragments(ws as HandedOver, socket, client, channel, arrival);
        entered();
      });
    } else {
      this.#handshakes.handleUpgrade(request, socket, head, (ws) => {
        this.#open(ws as PatientWebSocket, socket, client, channel, arrival);
        entered();
      });
    }
    return opened;
  }

  #open(ws: PatientWebSocket, socket: Socket, { address }: Client, channel: Channel, arrival: Arrival): void {
    const connection = this.#engine.connect(new WsSocket(ws, socket, address), channel, arrival);
    ws.on('message', (data: RawData, isBinary: boolean) =>
      this.#engine.inbound.receive(connection, data as Buffer, !isBinary),
    );
    ws.on('ping', (payload: Buffer) => this.#engine.inbound.receivePing(connection, payload));
    ws.on('pong', (payload: Buffer) => this.#engine.inbound.receivePong(connection, payload));
    ws.on('error', ({ message }) => {
      if (ws.faultCode !== undefined) this.#engine.concluded(connection, ws.faultCode, message);
    });
    ws.onPeerClose = (code, reason) => this.#engine.concluded(connection, code, reason.toString('utf8'));
    ws.on('close', (code: number, reason: Buffer) =>
      this.#engine.ended(connection, code, reason.toString('utf8')),
    );
  }

  #openForFragments(
    { head, mayCompress }: HandedOver,
    socket: Socket,
    { address }: Client,
    channel: Channel,
    arrival: Arrival,
  ): void {
    const { closeTimeoutMs } = this.#options;
    const peer = new FragmentSocket(socket, { mayCompress, remoteAddress: address, closeTimeoutMs });
    const connection = this.#engine.connect(peer, channel, arrival);
    peer.start(head, {
      fragment: (bytes, fragment) => this.#engine.inbound.receiveFragment(connection, bytes, fragment),
      ping: (payload) => this.#engine.inbound.receivePing(connection, payload),
      pong: (payload) => this.#engine.inbound.receivePong(connection, payload),
      empty: () => this.#engine.inbound.receiveEmptyFragment(connection),
      alive: () => connection.heard(),
      concluded: (code, reason) => this.#engine.concluded(connection, code, reason),
      ended: (code, reason) => this.#engine.ended(connection, code, reason),
    });
  }
}

/** Whether ws will accept it: a channel is not made for anything that says `Upgrade`. */
export function isHandshake({ method, headers }: http.IncomingMessage): boolean {
  const key = headers['sec-websocket-key'];
  return (
    method === 'GET' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    key !== undefined &&
    HANDSHAKE_KEY.test(key) &&
    (headers['sec-websocket-version'] === '13' || headers['sec-websocket-version'] === '8')
  );
}

/** 16 bytes in base64 (RFC 6455 section 4.1). */
const HANDSHAKE_KEY = /^[+/0-9A-Za-z]{22}==$/;
/** In the words of ws. */
function messageLimits(maxMessageBytes: number, maxFragments: number): object {
  return {
    maxPayload: maxMessageBytes,
    maxFragments,
    maxBufferedChunks: maxFragments === 0 ? 0 : MAX_BUFFERED_CHUNKS,
  };
}
