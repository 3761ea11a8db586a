/**
 * The listening socket and the handshakes: who comes in, and on which channel. From then on the engine has the connection.
 *
 * Thread: the service's.
 */
import type http from 'node:http';
import type https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Board, HubCounter } from '../../../shared/board';
import { log } from '../../../shared/log';
import type { ResolvedHubOptions } from '../../../shared/options';
import type { CapacityWatch } from '../capacity-watch';
import type { DescriptorMirror } from '../descriptor-mirror';
import type { Engine } from '../engine';
import { descriptorOf } from '../socket-descriptor';
import { Admission } from './admission';
import { type Destination, Destinations } from './destination';
import { createServer, renewCertificate } from './http-server';
import { answerOf, CLOSING, FULL, NOTHING_HERE, type Refusal, TLS_ALERT } from './refusal';
import { RefusalNotice } from './refusal-notice';
import { isHandshake, Upgrader } from './upgrader';

/** Connections that the operating system may hold until we accept them (capped by its own limit). */
const BACKLOG = 4_096;

export class Listener {
  readonly #engine: Engine;
  readonly #board: Board;
  readonly #options: ResolvedHubOptions;
  readonly #capacity: CapacityWatch;
  readonly #admission: Admission;
  readonly #notice = new RefusalNotice(() => performance.now());
  readonly #server: http.Server | https.Server;
  readonly #destinations: Destinations;
  readonly #upgrader: Upgrader;
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
    this.#destinations = new Destinations(options, (name) => engine.channel(name));
    this.#upgrader = new Upgrader(engine, options);
    this.#admission = new Admission(
      capacity,
      () => performance.now(),
      (socket) => this.#refuseAtOnce(socket),
    );
    this.#server.on('connection', (socket: Socket) => this.#admission.accepted(socket));
    this.#server.on('upgrade', (request, socket, head) => this.upgrade(request, socket, head));
    if (mirror !== undefined) {
      this.#server.on('connection', (socket: Socket) => mirror.watch(socket));
      this.#server.on('secureConnection', (socket: Socket) => mirror.watch(socket));
    }
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
    const { tls } = this.#options;
    if (tls !== undefined) renewCertificate(this.#server, tls);
    this.#upgrader.reconfigured(this.#options);
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
    return this.#destinations.allows(request);
  }

  /** Answers a request that is for nobody. */
  turnAway(socket: Duplex): void {
    socket.on('error', () => socket.destroy());
    this.#refuse(socket as Socket, NOTHING_HERE);
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
      this.#upgrader.refuse(request, socket, head);
      return false;
    }
    const destination = this.#destinationOf(request);
    if ('channel' in destination) return this.#upgrader.accept(request, socket, head, destination);
    this.#refuse(socket, destination);
    return false;
  }

  #destinationOf(request: http.IncomingMessage): Destination | Refusal {
    if (this.#closed) return CLOSING;
    if (!this.#engine.saturated) return this.#destinations.of(request);
    this.#tellFull();
    return FULL;
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
