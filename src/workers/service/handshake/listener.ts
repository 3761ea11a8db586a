/**
 * The listening socket and the handshakes: who comes in, and on which channel. From then on the engine has the connection.
 *
 * Thread: the service's.
 */
import type http from 'node:http';
import type https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Admitted } from '../../../shared/authorization';
import { type Board, HubCounter } from '../../../shared/board';
import { log } from '../../../shared/log';
import type { ResolvedHubOptions } from '../../../shared/options';
import type { RejectionReason } from '../../../shared/rejections';
import type { CapacityWatch } from '../capacity-watch';
import type { DescriptorMirror } from '../descriptor-mirror';
import type { Engine } from '../engine';
import type { Scheduler } from '../peer-socket';
import { descriptorOf } from '../socket-descriptor';
import { Admission } from './admission';
import type { Authorizer } from './authorizer';
import { Clients } from './client';
import { Destinations } from './destination';
import { Door } from './door';
import { answerToFault, applyLimits, createServer, renewCertificate } from './http-server';
import { Inquiry } from './inquiry';
import { PendingHandshakes } from './pending-handshakes';
import {
  answerOf,
  CLOSING,
  FOREIGN_ORIGIN,
  FULL,
  NOTHING_HERE,
  type Refusal,
  TLS_ALERT,
  TOO_LATE,
} from './refusal';
import { RefusalNotice } from './refusal-notice';
import { type Handshake, isHandshake, Upgrader } from './upgrader';

/** Connections that the operating system may hold until we accept them (capped by its own limit). */
const BACKLOG = 4_096;

export interface ListenerParts {
  engine: Engine;
  board: Board;
  options: ResolvedHubOptions;
  capacity: CapacityWatch;
  scheduler: Scheduler;
  /** Undefined: everybody may come in. */
  authorizer?: Authorizer;
  /** Is told of every descriptor that the listener has. */
  mirror?: DescriptorMirror;
}

export class Listener {
  readonly #parts: ListenerParts;
  readonly #board: Board;
  readonly #options: ResolvedHubOptions;
  readonly #admission: Admission;
  readonly #notice: RefusalNotice;
  readonly #server: http.Server | https.Server;
  readonly #clients: Clients;
  readonly #door: Door;
  readonly #pending: PendingHandshakes;
  readonly #inquiry: Inquiry | undefined;
  readonly #destinations: Destinations;
  readonly #upgrader: Upgrader;
  #closed = false;

  constructor(parts: ListenerParts) {
    const { engine, board, options, scheduler, authorizer } = parts;
    const nowMs = (): number => scheduler.nowMs();
    this.#parts = parts;
    this.#board = board;
    this.#options = options;
    this.#notice = new RefusalNotice(nowMs);
    this.#server = createServer(options);
    this.#clients = new Clients(options);
    this.#door = new Door(options, nowMs, () => engine.saturated);
    this.#destinations = new Destinations(options, (name) => engine.channel(name));
    this.#upgrader = new Upgrader(engine, options);
    this.#pending = new PendingHandshakes({
      scheduler,
      changed: (count) => {
        engine.seatsHeld = count;
        board.setHub(HubCounter.PENDING_HANDSHAKES, count);
      },
    });
    this.#inquiry = authorizer && new Inquiry(authorizer, options, this.#destinations, this.#pending);
    this.#admission = this.#createAdmission();
    // A service thread that this one stands in for may have left others.
    for (const gauge of [HubCounter.PENDING_HANDSHAKES, HubCounter.ADDRESSES]) board.setHub(gauge, 0);
    this.#listenToServer();
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
        this.#parts.mirror?.add(descriptorOf(this.#server));
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /** Accepted sockets that are not closed: peers, handshakes, and peers that are being refused. */
  get sockets(): number {
    return this.#admission.sockets;
  }

  /** Limits changed, or the certificate: they hold for the connections to come. */
  reconfigured(): void {
    const { tls } = this.#options;
    if (tls !== undefined) renewCertificate(this.#server, tls);
    applyLimits(this.#server, this.#options);
    this.#clients.reconfigured(this.#options);
    this.#upgrader.reconfigured(this.#options);
  }

  /** From now on every handshake is answered 503, those that wait to be admitted, too: who comes then learns at once to try again. */
  refuse(): void {
    this.#closed = true;
    this.#pending.endAll();
  }

  /** Listens no more. */
  close(): void {
    this.refuse();
    this.#parts.mirror?.delete(descriptorOf(this.#server));
    this.#server.close();
  }

  /** Ends the handshakes that are not complete: they would keep the thread alive. Open peers are not among them. */
  endHandshakes(): void {
    this.#admission.stop();
    this.#server.closeAllConnections();
  }

  /** Whether the hub's options allow a channel that the request names. Makes none. */
  allows(request: http.IncomingMessage): boolean {
    return this.#destinations.allows(request);
  }

  /** Answers a request that is for nobody. */
  turnAway(socket: Duplex): void {
    socket.on('error', () => socket.destroy());
    this.#refuse(socket as Socket, NOTHING_HERE);
  }

  /** Answers an upgrade request that came over somebody else's server: see `upgrade`. */
  async adopt(request: http.IncomingMessage, socket: Duplex, head: Buffer): Promise<boolean> {
    if (socket.destroyed) return false;
    this.#admission.joined(socket as Socket);
    this.#parts.mirror?.watch(socket as Socket);
    return this.upgrade(request, socket as Socket, head);
  }

  /**
   * Answers an upgrade request.
   *
   * @returns whether it became a connection; otherwise it is answered with an HTTP error
   */
  async upgrade(request: http.IncomingMessage, socket: Socket, head: Buffer): Promise<boolean> {
    socket.on('error', () => socket.destroy()); // from now on the server looks after it no more
    this.#admission.spoke(socket);
    if (!isHandshake(request)) {
      this.#board.countRejection('malformed');
      this.#upgrader.refuse(request, socket, head);
      return false;
    }
    const client = this.#clients.of(request, socket);
    const refusal = this.#closed ? CLOSING : this.#door.refusalOf(request, client);
    if (refusal !== undefined) return this.#refuse(socket, refusal, request);
    this.#enterAddress(socket, client.address);
    const handshake = { request, socket, head, client };
    // At once: whoever holds no answer up should not lose a turn of the loop to a promise.
    return this.#inquiry === undefined ? this.#admit(handshake, {}) : this.#ask(this.#inquiry, handshake);
  }

  async #ask(inquiry: Inquiry, handshake: Handshake): Promise<boolean> {
    const answer = await inquiry.about(handshake);
    if (answer === 'left') {
      handshake.socket.destroy();
      return false;
    }
    return 'admitted' in answer
      ? this.#admit(handshake, answer.admitted)
      : this.#refuse(handshake.socket, answer.refusal, handshake.request);
  }

  #admit(handshake: Handshake, admitted: Admitted): boolean {
    const { request, socket } = handshake;
    const destination = this.#closed ? CLOSING : this.#destinations.of(request, admitted);
    if (!('channel' in destination)) return this.#refuse(socket, destination, request);
    const { identity, data, expiresAtMs } = admitted;
    const opened = this.#upgrader.accept(handshake, destination, { identity, data, expiresAtMs });
    if (!opened) this.#board.countRejection('malformed');
    return opened;
  }

  #enterAddress(socket: Socket, address: string): void {
    const { addresses } = this.#door;
    const leave = addresses.enter(address);
    const tell = (): void => this.#board.setHub(HubCounter.ADDRESSES, addresses.addresses);
    tell();
    socket.once('close', () => {
      leave();
      tell();
    });
  }

  /** @returns false: it did not become a connection */
  #refuse(socket: Socket, refusal: Refusal, request?: http.IncomingMessage): false {
    this.#board.countRejection(refusal.reason);
    log.info(`a handshake from ${socket.remoteAddress} was answered ${refusal.status}: ${refusal.text}`);
    if (refusal === FULL) this.#tellFull();
    else if (refusal === FOREIGN_ORIGIN) this.#tellForeign(request?.headers.origin);
    socket.end(answerOf(refusal), () => socket.destroy());
    return false;
  }

  /** Within the call: the answer goes to the operating system, and the descriptor is free again. */
  #refuseAtOnce(socket: Socket): void {
    this.#board.countRejection('capacity');
    this.#tellFull();
    socket.on('error', () => {});
    socket.write(this.#options.tls === undefined ? answerOf(FULL) : TLS_ALERT);
    socket.destroy();
  }

  /** Under TLS nothing can be said: whatever is written here would not be sealed. */
  #expire(socket: Socket): void {
    this.#count('timeout');
    socket.on('error', () => {});
    if (this.#options.tls === undefined) socket.write(answerOf(TOO_LATE));
    socket.destroy();
  }

  #count(reason: RejectionReason): void {
    this.#board.countRejection(reason);
  }

  #createAdmission(): Admission {
    const { capacity, scheduler } = this.#parts;
    return new Admission({
      limit: capacity,
      scheduler,
      timeoutMs: () => this.#options.handshakeTimeoutMs,
      refuse: (socket) => this.#refuseAtOnce(socket),
      expire: (socket) => this.#expire(socket),
    });
  }

  #listenToServer(): void {
    const { mirror } = this.#parts;
    this.#server.on('connection', (socket: Socket) => this.#admission.accepted(socket));
    this.#server.on('upgrade', (request, socket, head) => void this.upgrade(request, socket as Socket, head));
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      const refusal = answerToFault(error, socket as Socket);
      if (refusal !== undefined) this.#count(refusal.reason);
    });
    if (mirror === undefined) return;
    this.#server.on('connection', (socket: Socket) => mirror.watch(socket));
    this.#server.on('secureConnection', (socket: Socket) => mirror.watch(socket));
  }

  #tellFull(): void {
    const { engine, capacity } = this.#parts;
    this.#notice.refused('capacity', () => {
      const connections = this.#board.hubCounter(HubCounter.CONNECTIONS);
      if (connections + engine.seatsHeld < capacity.connections && engine.saturated)
        return 'the application is far behind with its events';
      return `${connections} connections of ${capacity.connections} are open, and ${this.sockets} sockets of ${capacity.sockets}, handshakes included`;
    });
  }

  /** Whoever develops a page on another port should find out at once. */
  #tellForeign(origin: string | undefined): void {
    this.#notice.refused('origin', () =>
      origin === undefined
        ? 'they sent no Origin, and requireOrigin is set'
        : `a page of ${JSON.stringify(origin.slice(0, 100))} is not of this host: see the option origins (--allow-origin)`,
    );
  }
}
