/**
 * The service in the application's own thread: over a server of the application, or turned by its loop, or both.
 *
 * Events are told between turns and never inside one: a listener may call the hub as it likes.
 *
 * Thread: the application's.
 */
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { InboundBatch } from '../shared/inbound';
import type { ResolvedHubOptions } from '../shared/options';
import type { Placement, PollArray } from '../shared/placement';
import type { ProducerHandle } from '../shared/producer';
import { DescriptorMirror } from '../workers/service/descriptor-mirror';
import type { TurnLimits } from '../workers/service/drain-within';
import { BEING_SERVICED, ManualDrive } from '../workers/service/manual-drive';
import { realScheduler } from '../workers/service/peer-socket';
import { Service } from '../workers/service/service';
import { WakeUpDescriptor } from '../workers/service/wake-up-descriptor';
import { type ApplicationListener, deliverBatch } from './application-events';
import type { AuthorizeDesk } from './authorize-desk';
import { withDeadline } from './control';
import type { HostedService, ServiceCalls } from './hosted-service';

export type LocalPlacement = Extract<Placement, { where: 'this thread' }>;

/** What a go of the service did, and when it wants the next one. */
export interface ServiceReport {
  /** Records taken from the ring, connections visited and batches of events told; 0: there was nothing to do. */
  worked: number;
  /** Whether there is more to do at once. */
  pending: boolean;
  /** Call again within so many ms, also if nobody says that there is work: 0 if `pending`, infinite once the hub is closed. */
  nextDeadlineMs: number;
}

const IDLE: ServiceReport = { worked: 0, pending: false, nextDeadlineMs: Number.POSITIVE_INFINITY };

/**
 * @throws {HubError} LISTEN_FAILED, PRODUCER_SOCKET_FAILED, HANDLER_LOAD_FAILED or AUTHORIZE_LOAD_FAILED
 * @throws {RangeError} if another hub has the path of the server
 */
export async function startLocalService(
  handle: ProducerHandle,
  options: ResolvedHubOptions,
  placement: LocalPlacement,
  desk?: AuthorizeDesk,
): Promise<LocalService> {
  const poll = placement.poll && (await MirroredPoll.open(placement.poll));
  try {
    const service = new LocalService(options, placement, poll);
    await service.start(handle, desk);
    return service;
  } catch (error) {
    poll?.close();
    throw error;
  }
}

/** The host's poll array, with the descriptor that wakes it. */
class MirroredPoll {
  readonly mirror: DescriptorMirror;
  readonly wakeUp: WakeUpDescriptor;

  private constructor(array: PollArray, wakeUp: WakeUpDescriptor) {
    this.mirror = new DescriptorMirror(array);
    this.wakeUp = wakeUp;
    this.mirror.add(wakeUp.fd);
  }

  static async open(array: PollArray): Promise<MirroredPoll> {
    return new MirroredPoll(array, await WakeUpDescriptor.open());
  }

  close(): void {
    this.mirror.delete(this.wakeUp.fd);
    this.wakeUp.close();
  }
}

export class LocalService implements HostedService {
  /** It ends with this thread: there is nothing to start again. */
  readonly running = true;
  readonly ended: Promise<unknown>;
  readonly #options: ResolvedHubOptions;
  readonly #placement: LocalPlacement;
  readonly #poll: MirroredPoll | undefined;
  /** Undefined: the hub turns itself. */
  readonly #drive: ManualDrive | undefined;
  /** Events for the application that wait for the end of the turn. */
  readonly #batches: InboundBatch[] = [];
  #service: Service | undefined;
  #listener: ApplicationListener | undefined;
  #listeningPort = 0;
  #told = false;
  #over = false;
  #tellEnd: (thrown: undefined) => void = () => {};

  constructor(options: ResolvedHubOptions, placement: LocalPlacement, poll: MirroredPoll | undefined) {
    this.#options = options;
    this.#placement = placement;
    this.#poll = poll;
    if (placement.drive === 'manual') this.#drive = new ManualDrive(() => this.#becameDue());
    this.ended = new Promise((resolve) => {
      this.#tellEnd = resolve;
    });
  }

  async start(handle: ProducerHandle, desk?: AuthorizeDesk): Promise<void> {
    const { server } = this.#placement;
    const service = await Service.create(handle, this.#options, {
      scheduler: this.#drive ?? realScheduler,
      tell: (batch) => this.#take(batch),
      mirror: this.#poll?.mirror,
      askApplication: desk?.ask,
    });
    this.#service = service;
    try {
      if (server !== undefined) await service.attach(server);
      else this.#listeningPort = await service.listen();
    } catch (error) {
      service.stop();
      throw error;
    }
  }

  /** 0 as long as a server that was passed does not listen, or if it listens on a path. */
  get port(): number {
    const { server } = this.#placement;
    return server === undefined ? this.#listeningPort : ((server.address() as AddressInfo | null)?.port ?? 0);
  }

  /** Nobody is between us and the service. Only `close` takes time: it waits for peers, and for a host that turns it. */
  calls(gone: Promise<never>): ServiceCalls {
    return {
      call: (name, deadlineMs, ask) => {
        const answer = Promise.race([gone, ask(this.#running)]);
        return name === 'close' ? withDeadline(name, deadlineMs, answer) : answer;
      },
    };
  }

  deliver(listener: ApplicationListener): void {
    this.#listener = listener;
    if (this.#drive === undefined) this.#tellEvents();
    else if (this.#drive.due) this.#tellHost(); // not before: the host had no hub yet to service
  }

  /** One go, by the application's loop. */
  turn(limits: TurnLimits): ServiceReport {
    const drive = this.#drive;
    if (drive === undefined)
      throw new TypeError("this hub turns itself: hub.service() is for createHub({ drive: 'manual' })");
    if (this.#over) return IDLE;
    if (this.#poll?.mirror.telling) throw new Error(BEING_SERVICED);
    const done = drive.go(() => {
      this.#told = false;
      this.#poll?.wakeUp.lower();
      return this.#running.turn(limits);
    });
    const worked = done + this.#tellEvents();
    if (drive.due) this.#poll?.wakeUp.raise();
    return { worked, pending: drive.due, nextDeadlineMs: drive.due ? 0 : drive.nextDeadlineMs };
  }

  /** @returns whether the descriptor is one of the hub's; then it was serviced */
  turnFor(fd: number, revents: number, limits: TurnLimits): boolean {
    if (this.#poll === undefined)
      throw new TypeError('this hub has no poll array: hub.serviceFd() is for createHub({ drive, poll })');
    if (!this.#poll.mirror.has(fd)) return false;
    if (revents !== 0) this.turn(limits);
    return true;
  }

  adopt(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<boolean> {
    return this.#running.adopt(request, socket, head);
  }

  async finish(stuck: boolean): Promise<void> {
    this.#over = true;
    if (stuck) this.#service?.stop();
    this.#tellEvents();
    this.#poll?.close();
    this.#tellEnd(undefined);
  }

  get #running(): Service {
    if (this.#service === undefined) throw new Error('the service is not started');
    return this.#service;
  }

  #take(batch: InboundBatch): void {
    this.#batches.push(batch);
    if (this.#drive === undefined && this.#batches.length === 1) process.nextTick(() => this.#tellEvents());
  }

  /** @returns how many batches there were */
  #tellEvents(): number {
    const listener = this.#listener;
    if (listener === undefined) return 0;
    const batches = this.#batches.splice(0);
    for (const batch of batches) {
      deliverBatch(batch, listener);
      this.#service?.credit(batch.cost);
    }
    return batches.length;
  }

  #becameDue(): void {
    this.#poll?.wakeUp.raise();
    if (this.#listener !== undefined) this.#tellHost();
  }

  /** When the stack is empty: the host may service the hub from there, and must not in the middle of what made the work. */
  #tellHost(): void {
    if (this.#told || this.#placement.onWork === undefined) return;
    this.#told = true;
    queueMicrotask(() => {
      if (this.#told && !this.#over) this.#placement.onWork?.();
    });
  }
}
