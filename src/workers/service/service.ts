/**
 * The service, put together: its end of the ring, the engine, the listener, the handlers, what the application is told.
 *
 * Where it runs is up to its host: a thread of its own (`thread.ts`), or the thread of the application.
 *
 * Thread: the one that creates it. From then on that is the service's thread.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { Board } from '../../shared/board';
import type { ClosePlan } from '../../shared/close-plan';
import type { ConnectionReport, ServiceControl } from '../../shared/control';
import { HubError, HubErrorCode } from '../../shared/errors';
import type { InboundBatch } from '../../shared/inbound';
import { applyLive, type LiveOptions } from '../../shared/live-options';
import { log } from '../../shared/log';
import type { ResolvedHubOptions } from '../../shared/options';
import type { ProducerHandle } from '../../shared/producer-handle';
import {
  KEEPER_SLOT,
  type KeeperSuccession,
  LaneKeeper,
  lastKeeper,
  RingConsumer,
  RingMemory,
} from '../../shared/ring';
import { CapacityWatch } from './capacity-watch';
import type { DescriptorMirror } from './descriptor-mirror';
import { processDescriptors } from './descriptors';
import type { TurnLimits } from './drain-within';
import { Engine } from './engine';
import { ExpectedThreads } from './expected-threads';
import { type HandlerModule, loadHandlerModule, uncalledFunction } from './handler-module';
import { Attachment, type HostServer } from './handshake/attachment';
import { type Ask, type Authorizer, createAuthorizer } from './handshake/authorizer';
import { Listener } from './handshake/listener';
import type { EngineObserver } from './observer';
import { ApplicationOutbox } from './outbox';
import type { Scheduler } from './peer-socket';
import { ProducerDoor } from './producer-door';

/** What the service needs of where it runs. */
export interface ServiceSurroundings {
  scheduler: Scheduler;
  /** Takes a batch for the application, the bytes too: the service touches them no more. */
  tell(batch: InboundBatch): void;
  /** Is told of the descriptors. */
  mirror?: DescriptorMirror;
  /** Asks the application about a handshake, where `authorize` is its function. */
  askApplication?: Ask;
  observer?: EngineObserver;
}

export class Service implements ServiceControl {
  readonly #options: ResolvedHubOptions;
  readonly #keeper: LaneKeeper;
  readonly #outbox: ApplicationOutbox;
  readonly #capacity: CapacityWatch;
  readonly #engine: Engine;
  readonly #listener: Listener;
  readonly #authorizer: Authorizer | undefined;
  /** For producers in other processes, if the options name a socket. */
  readonly #door: ProducerDoor | undefined;
  #attachment: Attachment | undefined;

  /** @throws {HubError} HANDLER_LOAD_FAILED or AUTHORIZE_LOAD_FAILED if a module cannot be loaded; then nothing is left behind */
  static async create(
    handle: ProducerHandle,
    options: ResolvedHubOptions,
    surroundings: ServiceSurroundings,
  ): Promise<Service> {
    const handlers = await loadHandlers(options);
    const authorizer = await createAuthorizer(options, surroundings.askApplication);
    return new Service(handle, options, surroundings, handlers, authorizer);
  }

  private constructor(
    handle: ProducerHandle,
    options: ResolvedHubOptions,
    { scheduler, tell, mirror, observer }: ServiceSurroundings,
    handlers: ReadonlyMap<string, HandlerModule>,
    authorizer: Authorizer | undefined,
  ) {
    const ring = new RingMemory(handle.ring);
    const board = new Board(handle.board);
    this.#options = options;
    this.#authorizer = authorizer;
    // There is one service thread at a time: whoever kept the ring before has ended.
    const predecessor = lastKeeper(ring);
    const consumer =
      predecessor === undefined
        ? RingConsumer.join(ring, KEEPER_SLOT)
        : RingConsumer.takeOver(ring, KEEPER_SLOT);
    const succession: KeeperSuccession | undefined =
      predecessor === undefined ? undefined : { predecessor, takenTo: (lane) => consumer.startedAt(lane) };
    this.#keeper = new LaneKeeper(ring, handle.ringId, () => this.#engine.wake(), succession);
    this.#outbox = new ApplicationOutbox(tell, options.inboundHighWaterBytes, () =>
      this.#engine.inbound.relieve(),
    );
    const expected = new ExpectedThreads(ring, options.maxProducers);
    this.#capacity = new CapacityWatch({
      descriptors: processDescriptors(),
      board,
      limits: options,
      sockets: () => this.#listener.sockets,
      threadsToCome: () => expected.toCome,
      scheduler,
    });
    this.#engine = new Engine({
      consumer,
      producers: this.#keeper,
      board,
      channels: predecessor === undefined ? [] : board.takeOver(),
      options,
      handlers,
      scheduler,
      outbox: this.#outbox,
      capacity: this.#capacity,
      observer,
      onGate: (channel, shut) => this.#door?.tellGate(channel, shut),
    });
    try {
      this.#listener = new Listener({
        engine: this.#engine,
        board,
        options,
        capacity: this.#capacity,
        scheduler,
        authorizer,
        mirror,
      });
      this.#door = this.#createDoor(handle, ring, board, mirror);
    } catch (error) {
      this.#engine.stop();
      this.#keeper.close();
      throw error;
    }
  }

  /**
   * @returns the port it listens on
   * @throws {HubError} LISTEN_FAILED if the address cannot be had, PRODUCER_SOCKET_FAILED if the private socket cannot
   */
  async listen(): Promise<number> {
    await this.#door?.open();
    try {
      const port = await this.#listener.listen();
      this.#capacity.begin(); // before the first peer, and with all that a hub takes for itself
      log.info(`listening on ${this.#options.host}:${port}`);
      return port;
    } catch (cause) {
      this.#door?.close();
      const { host, port } = this.#options;
      throw new HubError(
        HubErrorCode.LISTEN_FAILED,
        `cannot listen on ${host}:${port}: ${(cause as Error).message}`,
        { cause },
      );
    }
  }

  /**
   * Peers come over a server of this thread, instead of a listener of our own.
   *
   * @throws {RangeError} if another hub has the path of the server
   * @throws {HubError} PRODUCER_SOCKET_FAILED if the private socket cannot be had
   */
  async attach(server: HostServer): Promise<void> {
    await this.#door?.open();
    this.#attachment = new Attachment(server, this.#options.path, this.#listener);
    this.#capacity.begin();
    log.info(`attached to a server, below ${this.#options.path}`);
  }

  /** The application took a batch of this cost. */
  credit(cost: number): void {
    this.#outbox.credit(cost);
  }

  /** One turn, for a host that drives the service itself. @returns how much was done */
  turn(limits: TurnLimits): number {
    return this.#engine.turn(limits);
  }

  /** Answers an upgrade request that came elsewhere in this thread. @returns whether it became a connection */
  adopt(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<boolean> {
    return this.#listener.adopt(request, socket, head);
  }

  async connections(): Promise<ConnectionReport[]> {
    return this.#engine.describeConnections();
  }

  async forwardMessages(wanted: boolean): Promise<void> {
    this.#engine.inbound.forwardMessages(wanted);
  }

  async forwardFragments(wanted: boolean): Promise<void> {
    this.#engine.inbound.forwardFragments(wanted);
  }

  async renew(connectionId: number, expiresAtMs: number): Promise<boolean> {
    return this.#engine.renew(connectionId, expiresAtMs);
  }

  async heartbeat(): Promise<void> {}

  async reconfigure(limits: LiveOptions): Promise<void> {
    this.#authorizer?.reload();
    applyLive(this.#options, limits);
    this.#engine.reconfigured();
    this.#listener.reconfigured();
    this.#capacity.reconfigured();
  }

  async close(plan: ClosePlan): Promise<number> {
    const { deadlineMs } = plan;
    this.#listener.refuse();
    this.#door?.close();
    const cut = await this.#engine.close(plan);
    // Who gives no time knows what becomes of it.
    if (cut > 0 && deadlineMs > 0)
      log.warn(`connections cut because they were not done within ${deadlineMs} ms: ${cut}`);
    else log.info('closed');
    this.stop();
    return cut;
  }

  /** Ends at once, without drain or flush: after `close`, or for a service that cannot close. */
  stop(): void {
    this.#listener.close();
    this.#engine.stop();
    this.#attachment?.detach();
    this.#listener.endHandshakes();
    this.#door?.finish();
    this.#capacity.close();
    this.#keeper.close();
  }

  #createDoor(
    { ringId }: ProducerHandle,
    ring: RingMemory,
    board: Board,
    mirror: DescriptorMirror | undefined,
  ): ProducerDoor | undefined {
    const { producerSocket, allowed } = this.#options;
    if (producerSocket === undefined) return undefined;
    return new ProducerDoor({
      path: producerSocket,
      ring,
      ringId,
      board,
      allowed,
      numberOf: (name) => {
        const channel = this.#engine.channel(name);
        // Referred to: so it keeps its number.
        return typeof channel === 'string' ? undefined : board.refer(Buffer.from(name));
      },
      gated: () => this.#engine.gatedChannels,
      mirror,
    });
  }
}

async function loadHandlers({ policies }: ResolvedHubOptions): Promise<Map<string, HandlerModule>> {
  const handlers = new Map<string, HandlerModule>();
  for (const { handler } of Object.values(policies)) {
    if (handler !== undefined && !handlers.has(handler))
      handlers.set(handler, await loadHandlerModule(handler));
  }
  warnOfHandlers(policies, handlers);
  return handlers;
}

function warnOfHandlers(
  policies: ResolvedHubOptions['policies'],
  handlers: ReadonlyMap<string, HandlerModule>,
): void {
  for (const [name, { handler, receive }] of Object.entries(policies)) {
    const module = handler === undefined ? undefined : handlers.get(handler);
    const uncalled = module && uncalledFunction(module, receive);
    if (uncalled === undefined) continue;
    log.warn(
      `channel ${JSON.stringify(name)} receives '${receive}': ${uncalled} of its handler is never called`,
    );
  }
}
