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
import type { ConnectionReport, ServiceControl } from '../../shared/control';
import { HubError, HubErrorCode } from '../../shared/errors';
import type { InboundBatch } from '../../shared/inbound';
import { log } from '../../shared/log';
import type { ResolvedHubOptions } from '../../shared/options';
import type { ProducerHandle } from '../../shared/producer-handle';
import { KEEPER_SLOT, LaneKeeper, RingConsumer, RingMemory } from '../../shared/ring';
import { Attachment, type HostServer } from './attachment';
import { CapacityWatch } from './capacity-watch';
import type { DescriptorMirror } from './descriptor-mirror';
import { processDescriptors } from './descriptors';
import { Engine, type TurnLimits } from './engine';
import { ExpectedThreads } from './expected-threads';
import { type HandlerModule, loadHandlerModule } from './handler-module';
import { Listener } from './listener';
import { ApplicationOutbox } from './outbox';
import type { Scheduler } from './peer-socket';

/** What the service needs of where it runs. */
export interface ServiceSurroundings {
  scheduler: Scheduler;
  /** Takes a batch for the application, the bytes too: the service touches them no more. */
  tell(batch: InboundBatch): void;
  /** Is told of the descriptors. */
  mirror?: DescriptorMirror;
}

export class Service implements ServiceControl {
  readonly #options: ResolvedHubOptions;
  readonly #keeper: LaneKeeper;
  readonly #outbox: ApplicationOutbox;
  readonly #capacity: CapacityWatch;
  readonly #engine: Engine;
  readonly #listener: Listener;
  #attachment: Attachment | undefined;

  /** @throws {HubError} HANDLER_LOAD_FAILED if a handler module cannot be loaded; then nothing is left behind */
  static async create(
    handle: ProducerHandle,
    options: ResolvedHubOptions,
    surroundings: ServiceSurroundings,
  ): Promise<Service> {
    return new Service(handle, options, surroundings, await loadHandlers(options));
  }

  private constructor(
    handle: ProducerHandle,
    options: ResolvedHubOptions,
    { scheduler, tell, mirror }: ServiceSurroundings,
    handlers: ReadonlyMap<string, HandlerModule>,
  ) {
    const ring = new RingMemory(handle.ring);
    const board = new Board(handle.board);
    this.#options = options;
    this.#keeper = new LaneKeeper(ring, handle.ringId, () => this.#engine.wake());
    this.#outbox = new ApplicationOutbox(tell, options.inboundHighWaterBytes, () => this.#engine.relieve());
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
      consumer: RingConsumer.join(ring, KEEPER_SLOT), // there is one service thread so far
      producers: this.#keeper,
      board,
      options,
      handlers,
      scheduler,
      outbox: this.#outbox,
      capacity: this.#capacity,
    });
    try {
      this.#listener = new Listener(this.#engine, board, options, this.#capacity, mirror);
    } catch (error) {
      this.#engine.stop();
      this.#keeper.close();
      throw error;
    }
  }

  /**
   * @returns the port it listens on
   * @throws {HubError} LISTEN_FAILED if the address cannot be had
   */
  async listen(): Promise<number> {
    try {
      const port = await this.#listener.listen();
      this.#capacity.begin(); // before the first peer, and with all that a hub takes for itself
      log.info(`listening on ${this.#options.host}:${port}`);
      return port;
    } catch (cause) {
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
   */
  attach(server: HostServer): void {
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
  adopt(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    return this.#listener.adopt(request, socket, head);
  }

  async connections(): Promise<ConnectionReport[]> {
    return this.#engine.describeConnections();
  }

  async forwardMessages(wanted: boolean): Promise<void> {
    this.#engine.forwardMessages(wanted);
  }

  async close(deadlineMs: number): Promise<number> {
    this.#listener.close();
    const cut = await this.#engine.close(deadlineMs);
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
    this.#capacity.close();
    this.#keeper.close();
  }
}

async function loadHandlers({ policies }: ResolvedHubOptions): Promise<Map<string, HandlerModule>> {
  const handlers = new Map<string, HandlerModule>();
  for (const { handler } of Object.values(policies)) {
    if (handler !== undefined && !handlers.has(handler))
      handlers.set(handler, await loadHandlerModule(handler));
  }
  return handlers;
}
