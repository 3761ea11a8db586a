/**
 * A generator on another host, asked for at its agent: the coordinator's side. It keeps the clocks compared from the first
 * moment to the last, and the agent knowing that somebody is there.
 *
 * Thread: the coordinator's.
 */
import { once } from 'node:events';
import net, { type Socket } from 'node:net';
import tls from 'node:tls';
import { HubError, HubErrorCode } from '../../../shared/errors';
import { type ClockEstimate, ClockEstimator } from '../../../shared/load/clock-estimator';
import type { Share, Timetable } from '../../../shared/load/generator';
import { monotonicNs } from '../../../shared/load/monotonic';
import type { LoadPlan } from '../../../shared/load/plan';
import type { ClockResult } from '../../../shared/load/result';
import type { GeneratorSnapshot } from '../../../shared/load/snapshot';
import { type AgentAddress, parseAgentAddress } from './agent-address';
import { clockIdentity } from './clock-identity';
import { type Greeted, greetAgent, Refused } from './greeting';
import { Link } from './link';
import type { PlainError } from './protocol';
import { RemoteGenerator } from './remote-generator';

/** Exchanges at the start and at the end. */
const BURST = 16;
const BURST_GAP_MS = 4;
const PING_EVERY_MS = 250;
/** An agent that answers none for so long is gone, whatever TCP believes. */
const PING_DEADLINE_MS = 10_000;
const CONNECT_MS = 10_000;

/** Between each pair of them there may be something in the way; among a few there is one that had none. */
const PINGS_AT_ONCE = 3;
const SAME_CLOCK: ClockEstimate = { offsetNs: 0, uncertaintyNs: 0, driftPpm: 0 };

export interface AgentGeneratorOptions {
  /** `host:port`. */
  address: string;
  token: string;
  version: string;
  /** TLS, with the certificates that are trusted (PEM; the system's if that is undefined). Absent: TCP alone. */
  tls?: { ca?: string };
  /** Load threads in each of its processes. Absent: as the agent's cores have it. */
  workers?: number;
  timeoutMs?: number;
  /** Gives up connecting. */
  signal?: AbortSignal;
}

export class AgentGenerator extends RemoteGenerator {
  readonly #clock: ClockEstimator;
  readonly #workers: number | undefined;
  /** Processes with the same one have one clock; empty: it is the coordinator's. */
  readonly clockName: string;
  readonly #sharesOurClock: boolean;
  #timer: NodeJS.Timeout | undefined;
  /** The worst that was told since the schedule began. */
  #worst: ClockEstimate | undefined;
  #begun = false;

  /** @throws {HubError} AGENT_UNREACHABLE, AGENT_REFUSED */
  static async connect(options: AgentGeneratorOptions): Promise<AgentGenerator> {
    const address = parseAgentAddress(options.address);
    const socket = await dial(address, options);
    const { seals, clock } = await greet(socket, address, options);
    let tellFailed!: (error: PlainError) => void;
    const whenFailed = new Promise<PlainError>((resolve) => {
      tellFailed = resolve;
    });
    const link = new Link(socket, { peer: `agent ${address.name}`, seals, failed: tellFailed });
    const generator = new AgentGenerator(address.name, link, whenFailed, clock, options.workers);
    try {
      await generator.#burst();
    } catch (error) {
      await generator.abort();
      throw error;
    }
    generator.#keepComparing();
    return generator;
  }

  private constructor(
    name: string,
    link: Link,
    whenFailed: Promise<PlainError>,
    clockIdentityThere: string | undefined,
    workers: number | undefined,
  ) {
    super(name, link, whenFailed);
    this.#workers = workers;
    this.#sharesOurClock = clockIdentityThere !== undefined && clockIdentityThere === clockIdentity();
    this.clockName = this.#sharesOurClock ? '' : (clockIdentityThere ?? name);
    this.#clock = new ClockEstimator();
    void link.ended.then(() => clearInterval(this.#timer));
  }

  /** The shortest so far, nanoseconds. */
  get roundTripNs(): number {
    return this.#clock.shortestNs;
  }

  /** How the agent's clock stands to ours; its uncertainty is the worst since the schedule began. */
  clock(): ClockResult {
    const now = this.#now();
    const { offsetNs, driftPpm } = now;
    return {
      generator: this.name,
      offsetNs,
      driftPpm,
      uncertaintyNs: Math.max(now.uncertaintyNs, this.#worst?.uncertaintyNs ?? 0),
    };
  }

  override prepare(plan: LoadPlan, share: Share): Promise<void> {
    return super.prepare({ ...plan, workers: this.#workers ?? 0 }, share);
  }

  /** Only the agent's own exchanges say how its clock stands. */
  override setClock(): void {}

  override async connect(): Promise<void> {
    await super.connect();
    await this.#burst();
  }

  override begin(timetable: Timetable): Promise<void> {
    this.#begun = true;
    return super.begin(timetable);
  }

  override async finish(published: Record<number, number>): Promise<GeneratorSnapshot> {
    await this.#burst();
    clearInterval(this.#timer);
    return super.finish(published);
  }

  /** @internal for tests: as if the network was unplugged */
  keepSilent(): void {
    clearInterval(this.#timer);
  }

  async #burst(): Promise<void> {
    for (let i = 0; i < BURST; i++) {
      this.#clock.add(await this.link.ping(PING_DEADLINE_MS));
      await new Promise((resolve) => setTimeout(resolve, BURST_GAP_MS));
    }
    this.#tellClock();
  }

  /** Answers that are late are no matter: the next exchange is under way by then. Ones that never come end the link. */
  #keepComparing(): void {
    this.#timer = setInterval(() => {
      this.#compare(PINGS_AT_ONCE).catch((error: Error) => this.link.end(error.message));
    }, PING_EVERY_MS);
  }

  async #compare(times: number): Promise<void> {
    for (let i = 0; i < times; i++) this.#clock.add(await this.link.ping(PING_DEADLINE_MS));
    this.#tellClock();
  }

  #tellClock(): void {
    const estimate = this.#now();
    if (this.#begun && estimate.uncertaintyNs > (this.#worst?.uncertaintyNs ?? 0)) this.#worst = estimate;
    super.setClock(estimate.offsetNs);
  }

  #now(): ClockEstimate {
    if (this.#sharesOurClock) return SAME_CLOCK;
    const rough = this.#clock.latest();
    return this.#clock.at(monotonicNs() - rough.offsetNs)!;
  }
}

async function dial(
  address: AgentAddress,
  { tls: secure, timeoutMs, signal: given }: AgentGeneratorOptions,
): Promise<Socket> {
  const { host, port, name } = address;
  const deadline = AbortSignal.timeout(timeoutMs ?? CONNECT_MS);
  const signal = given === undefined ? deadline : AbortSignal.any([deadline, given]);
  const socket =
    secure === undefined
      ? net.connect({ host, port, noDelay: true })
      : tls.connect({ host, port, ca: secure.ca, servername: net.isIP(host) === 0 ? host : undefined });
  try {
    await once(socket, secure === undefined ? 'connect' : 'secureConnect', { signal });
    socket.on('error', () => {}); // told by whoever reads
    return socket;
  } catch (cause) {
    socket.on('error', () => {});
    socket.destroy();
    const { code, name: kind, message } = cause as NodeJS.ErrnoException;
    const why = kind === 'AbortError' ? 'no answer in time' : (code ?? message);
    throw new HubError(HubErrorCode.AGENT_UNREACHABLE, `agent ${name} cannot be reached: ${why}`, { cause });
  }
}

async function greet(
  socket: Socket,
  { name }: AgentAddress,
  { token, version, timeoutMs, signal }: AgentGeneratorOptions,
): Promise<Greeted> {
  const giveUp = (): unknown => socket.destroy();
  const timer = setTimeout(giveUp, timeoutMs ?? CONNECT_MS);
  signal?.addEventListener('abort', giveUp);
  try {
    return await greetAgent(socket, token, version);
  } catch (cause) {
    socket.destroy();
    const { message } = cause as Error;
    if (cause instanceof Refused) {
      const text = `agent ${name} refuses: ${message}`;
      throw new HubError(HubErrorCode.AGENT_REFUSED, text, { cause });
    }
    const text = `agent ${name} is none, or wants TLS, or has none: ${message}`;
    throw new HubError(HubErrorCode.AGENT_UNREACHABLE, text, { cause });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
  }
}
