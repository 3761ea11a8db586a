/**
 * The hub, as the application sees it. It composes the parts; the work is done by the service thread.
 *
 * Thread: the one that called `createHub`.
 */
import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Piscina } from 'piscina';
import { checkExpiry } from '../shared/authorization';
import type { Board } from '../shared/board';
import { CloseCode } from '../shared/close-codes';
import type { ClosePlan } from '../shared/close-plan';
import type { ConnectionReport } from '../shared/control';
import { HubError, HubErrorCode } from '../shared/errors';
import { applyLive, compareOptions, type ReconfigureReport } from '../shared/live-options';
import { log, setLogLevel } from '../shared/log';
import { type HubOptions, type ResolvedHubOptions, resolveHubOptions } from '../shared/options';
import type { MessageOptions, OutgoingMessage } from '../shared/outgoing-message';
import type { Placement } from '../shared/placement';
import {
  attachProducer,
  type PostOptions,
  type PostResult,
  type Producer,
  type ProducerHandle,
} from '../shared/producer';
import { closeRing, RecordKind, type RingMemory } from '../shared/ring';
import { type HubStats, statsOf } from '../shared/stats';
import type { AuthorizeDesk } from './authorize-desk';
import { closeRequestOf } from './close-request';
import type { HostedService, ServiceCalls } from './hosted-service';
import { type CloseOptions, closePlanOf, endHub } from './hub-ending';
import type { HubEvents } from './hub-events';
import { type HubHealth, type HubPhase, healthOf } from './hub-health';
import { hubUrl } from './hub-url';
import type { LocalService, ServiceReport } from './local-service';
import { createPool, type ProducerPoolOptions } from './producer-pool';
import { resolveServiceLimits, type ServiceLimits } from './service-limits';
import { checkTls } from './tls-check';

/** Calls over the control plane are answered within this time, or fail. */
const CONTROL_DEADLINE_MS = 5_000;

export class Hub extends EventEmitter<HubEvents> {
  /** Path of the socket for producers in other processes, if the options name one. */
  readonly producerSocket: string | undefined;

  readonly #options: ResolvedHubOptions;
  readonly #placement: Placement;
  readonly #ring: RingMemory;
  readonly #board: Board;
  readonly #handle: ProducerHandle;
  readonly #service: HostedService;
  readonly #control: ServiceCalls;
  readonly #desk: AuthorizeDesk | undefined;
  readonly #producer: Producer;
  readonly #pools = new Set<Piscina>();
  #closing: Promise<void> | undefined;
  #phase: HubPhase = 'open';
  #gone = false;

  /** @internal use `createHub` */
  constructor(
    options: ResolvedHubOptions,
    placement: Placement,
    ring: RingMemory,
    board: Board,
    handle: ProducerHandle,
    service: HostedService,
    desk?: AuthorizeDesk,
  ) {
    super();
    this.#options = options;
    this.#placement = placement;
    this.#ring = ring;
    this.#board = board;
    this.#handle = handle;
    this.#service = service;
    this.#desk = desk;
    this.producerSocket = options.producerSocket;
    const gone = service.ended.then((cause) => this.#serviceEnded(cause));
    gone.catch(() => {}); // whoever calls learns of it
    this.#control = service.calls(gone);
    this.#producer = attachProducer(handle);
    // After whoever awaited `createHub` has had its turn to add listeners: no event is missed.
    if (placement.where === 'this thread') process.nextTick(() => this.#startEvents());
    else setImmediate(() => this.#startEvents());
  }

  /**
   * Where peers connect, without a slash at the end: a peer of channel `ticks` connects to `${hub.url}/ticks`. With a
   * server of yours it is right once that one listens.
   */
  get url(): string {
    return hubUrl(this.#options, this.#placement, this.port);
  }

  /** Where it listens; 0 as long as a server of yours does not, or if it listens on a path. */
  get port(): number {
    return this.#service.port;
  }

  /** What another thread needs to post to this hub: plain data, for `workerData`, `postMessage` or a task. */
  producerHandle(): ProducerHandle {
    return this.#handle;
  }

  /**
   * A pool of producer threads (piscina): its workers call `attachProducer()` without an argument. The pool ends with the hub.
   *
   * @param options as for piscina; `workerData`, if given, must be an object
   */
  createProducerPool(options: ProducerPoolOptions): Piscina {
    if (this.#closing !== undefined) throw new HubError(HubErrorCode.CLOSED, 'the hub is closed');
    const pool = createPool(this.#handle, options);
    this.#pools.add(pool);
    return pool;
  }

  /** Posts from this thread: see `Producer.post`. Never blocks. */
  post(channel: string, data: string | Uint8Array, options?: PostOptions): PostResult {
    return this.#producer.post(channel, data, options);
  }

  /** The producer of this thread, for `postAsync`, `postTracked` and the like. */
  get producer(): Producer {
    return this.#producer;
  }

  /**
   * Sends one message to one connection, behind what was posted from this thread before.
   *
   * @returns true once it is handed to the socket; false if the connection is gone, or goes before that
   */
  async send(connectionId: number, data: string | Uint8Array): Promise<boolean> {
    const kind = typeof data === 'string' ? RecordKind.SEND_TEXT : RecordKind.SEND_BINARY;
    return (await this.#producer.request(kind, connectionId, undefined, data)).sent === 1;
  }

  /**
   * Begins a message to one connection that is sent in fragments, and may be of any length: see `Producer.beginMessage`.
   *
   * @example
   * const message = hub.beginMessage(info.id)
   * for await (const chunk of file) if (!(await message.write(chunk))) return
   * await message.end()
   */
  beginMessage(connectionId: number, options?: MessageOptions): OutgoingMessage {
    return this.#producer.beginMessage(connectionId, options);
  }

  /**
   * Stops reading from a connection, in order with this thread's other requests, until `resume`. What it sent before may
   * still come: at most what `inboundHighWaterBytes` lets through.
   *
   * @returns false if it is gone
   */
  async pause(connectionId: number): Promise<boolean> {
    return (await this.#producer.request(RecordKind.PAUSE, connectionId, undefined, '')).addressed === 1;
  }

  /** Reads on from a connection that `pause` stopped. @returns false if it is gone */
  async resume(connectionId: number): Promise<boolean> {
    return (await this.#producer.request(RecordKind.RESUME, connectionId, undefined, '')).addressed === 1;
  }

  /** Gives a connection one more channel, in order with this thread's posts. @returns false if it is gone */
  async subscribe(connectionId: number, channel: string): Promise<boolean> {
    return (await this.#producer.request(RecordKind.SUBSCRIBE, connectionId, channel, '')).addressed === 1;
  }

  /** Takes a channel from a connection; what was posted before still reaches it. @returns false if it is gone */
  async unsubscribe(connectionId: number, channel: string): Promise<boolean> {
    return (await this.#producer.request(RecordKind.UNSUBSCRIBE, connectionId, channel, '')).addressed === 1;
  }

  /** Closes a connection, behind what was posted from this thread before. @returns false if it is gone */
  async disconnect(connectionId: number, code: number = CloseCode.NORMAL, reason = ''): Promise<boolean> {
    const payload = closeRequestOf(code, reason);
    return (
      (await this.#producer.request(RecordKind.DISCONNECT, connectionId, undefined, payload)).addressed === 1
    );
  }

  /**
   * With `drive: 'manual'`: one go of the hub, in your loop. It takes what producers posted, writes what peers take, tells
   * the events, and looks after deadlines. Nothing of this happens between two calls.
   *
   * @throws {TypeError} if the hub turns itself
   * @throws {Error} inside one of its own callbacks, such as those of `poll`
   *
   * @example
   * const { pending, nextDeadlineMs } = hub.service({ budgetMs: 2 })
   */
  service(limits?: ServiceLimits): ServiceReport {
    return this.#local('hub.service()').turn(resolveServiceLimits(limits));
  }

  /**
   * With `poll`: your poll array saw these events of this descriptor. If it is one of the hub's, the hub is serviced.
   *
   * @param revents as `poll(2)` tells them
   * @returns whether the descriptor is one of the hub's
   */
  serviceFd(fd: number, revents: number, limits?: ServiceLimits): boolean {
    return this.#local('hub.serviceFd()').turnFor(fd, revents, resolveServiceLimits(limits));
  }

  /**
   * Takes an upgrade request that came elsewhere in this thread, over any server: give the arguments of its `upgrade` event. The
   * request is answered in any case.
   *
   * @returns whether it became a connection; false: it was refused, with an HTTP error
   * @throws {TypeError} if the service has a thread of its own, which sockets cannot go to
   */
  async adopt(socket: Duplex, head: Buffer, request: IncomingMessage): Promise<boolean> {
    return this.#local('hub.adopt()').adopt(request, socket, head);
  }

  /**
   * Puts off when a connection whose `authorize` answered `expiresAtMs` is closed with 4401: the peer has a new token.
   *
   * @param expiresAtMs in ms since 1970; infinite: it is not closed for that any more
   * @returns false if it is gone
   */
  async renew(connectionId: number, expiresAtMs: number): Promise<boolean> {
    checkExpiry('expiresAtMs is', expiresAtMs);
    return this.#control.call('renew', CONTROL_DEADLINE_MS, (service) =>
      service.renew(connectionId, expiresAtMs),
    );
  }

  /** Every open connection, as the service thread has it now. */
  connections(): Promise<ConnectionReport[]> {
    return this.#control.call('connections', CONTROL_DEADLINE_MS, (service) => service.connections());
  }

  /**
   * Changes limits while the hub runs: `maxConnections`, `maxDescriptors`, `maxOutboundBytes`, `pingIntervalMs`, `pongTimeoutMs`, `closeDeadlineMs`, `closeSpreadMs`, `logLevel` and the numbers
   * of the channels at once, `maxMessageBytes`, `maxFragments`, who may come in (`origins`, `trustedProxies` and the limits of
   * the door, another function `authorize`) and a new certificate in `tls` for the connections to come.
   *
   * @param options all of them, as for `createHub`: one that is missing goes back to its default
   * @returns the names of the options that changed, and of those that would need a new hub: these stay as they were
   * @throws {TypeError | RangeError} for a bad option: then nothing is changed
   */
  async reconfigure(options: HubOptions): Promise<ReconfigureReport> {
    const { live, applied, needRestart } = compareOptions(this.#options, resolveHubOptions(options));
    if (live.hub.tls !== undefined) checkTls(live.hub.tls);
    await this.#control.call('reconfigure', CONTROL_DEADLINE_MS, (service) => service.reconfigure(live));
    applyLive(this.#options, live);
    if (typeof options.authorize === 'function') this.#desk?.replace(options.authorize);
    if (live.hub.logLevel !== undefined) setLogLevel(live.hub.logLevel);
    return { applied, needRestart };
  }

  /**
   * Asks the service thread for a sign of life.
   *
   * @throws {HubError} CONTROL_TIMEOUT without an answer in `deadlineMs`, SERVICE_GONE or CLOSED if there is nobody to answer
   */
  heartbeat(deadlineMs: number = CONTROL_DEADLINE_MS): Promise<void> {
    return this.#control.call('heartbeat', deadlineMs, (service) => service.heartbeat());
  }

  /** Whether it takes peers: not once it closes, and not while its service is gone or being started again. `health` also asks the service. */
  get ready(): boolean {
    return this.#phase === 'open' && !this.#gone && this.#service.running;
  }

  /**
   * How it is: alive, ready for peers, and if not, why. Never rejects.
   *
   * @param deadlineMs a service that does not answer within it is not alive
   */
  health(deadlineMs: number = CONTROL_DEADLINE_MS): Promise<HubHealth> {
    const restarting = this.#phase === 'open' && !this.#gone && !this.#service.running;
    return healthOf(restarting ? 'restarting' : this.#phase, () => this.heartbeat(deadlineMs));
  }

  /** Counters of the hub, its channels and its producers. Read from shared memory: works also while the service is busy. */
  async stats(): Promise<HubStats> {
    return statsOf(this.#ring, this.#board);
  }

  /**
   * Ends the hub, in order: it is not `ready` any more, new posts answer `'closed'` and new peers get 503; what was posted is
   * drained and flushed; every connection is closed with 1001, or 1012; the service thread and the pools end, a second after the
   * deadline at the latest. Calling it again waits for the same end.
   */
  close(options?: CloseOptions): Promise<void> {
    let plan: ClosePlan;
    try {
      plan = closePlanOf(options, this.#options);
    } catch (error) {
      return Promise.reject(error);
    }
    if (this.#closing !== undefined) return this.#closing;
    this.#phase = 'closing';
    this.#closing = endHub(
      {
        ring: this.#ring,
        control: this.#control,
        service: this.#service,
        producer: this.#producer,
        pools: this.#pools,
      },
      plan,
    ).finally(() => {
      this.#phase = 'closed';
    });
    return this.#closing;
  }

  #local(what: string): LocalService {
    if (this.#placement.where === 'this thread') return this.#service as LocalService;
    throw new TypeError(
      `${what} needs the service in this thread: createHub with server, drive: 'manual' or serviceThread: false`,
    );
  }

  #startEvents(): void {
    const listeners = this.listenerCount('message') + this.listenerCount('fragment');
    if (this.#closing !== undefined && listeners === 0) return;
    this.#service.deliver({
      connection: (info) => this.emit('connection', info),
      message: (info, data) => this.emit('message', info, data),
      fragment: (info, bytes, fragment) => this.emit('fragment', info, bytes, fragment),
      closing: ({ id }) => this.#answerClose(id),
      gap: (info, gap) => this.emit('gap', info, gap),
      disconnect: (info) => this.emit('disconnect', info),
      error: (error) => this.emit('error', error),
      restarted: (info) => {
        this.#forwardIfWanted('message', 'forwardMessages');
        this.#forwardIfWanted('fragment', 'forwardFragments');
        this.emit('restart', info);
      },
    });
    this.#forwardWhileWanted('message', 'forwardMessages');
    this.#forwardWhileWanted('fragment', 'forwardFragments');
  }

  /** Behind whatever was posted while the peer's last messages were taken. The answer repeats the peer's code. */
  #answerClose(connectionId: number): void {
    this.disconnect(connectionId).catch(() => {}); // it is answered in any case, if later
  }

  /** While nobody wants what peers send, it need not cross threads. */
  #forwardWhileWanted(wanted: 'message' | 'fragment', call: 'forwardMessages' | 'forwardFragments'): void {
    if (this.listenerCount(wanted) > 0) return;
    this.#forwardIfWanted(wanted, call);
    this.on(
      'newListener' as keyof HubEvents,
      ((event: string) => {
        if (event === wanted && this.listenerCount(wanted) === 0) this.#forward(call, true);
      }) as never,
    );
  }

  /** A service thread forwards everything until it is told. */
  #forwardIfWanted(wanted: 'message' | 'fragment', call: 'forwardMessages' | 'forwardFragments'): void {
    if (this.listenerCount(wanted) === 0) this.#forward(call, false);
  }

  #forward(call: 'forwardMessages' | 'forwardFragments', wanted: boolean): void {
    this.#control.call(call, CONTROL_DEADLINE_MS, (service) => service[call](wanted)).catch(() => {});
  }

  /** The service has ended for good. Unless we closed it, that is a failure, and everybody must learn of it. */
  #serviceEnded(cause: unknown): never {
    if (this.#closing !== undefined) throw new HubError(HubErrorCode.CLOSED, 'the hub is closed');
    this.#gone = true;
    closeRing(this.#ring);
    const error = cause as HubError;
    log.err(error.message);
    process.nextTick(() => this.emit('error', error)); // outside this promise: without a listener it is uncaught
    throw error;
  }
}
