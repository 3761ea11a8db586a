/**
 * A generator that waits for coordinators on other hosts: `ringcast agent`. One coordinator at a time; each gets a generator
 * of its own, made when it is admitted and gone when its connection is.
 *
 * Strangers are held short: few of them at once, little time, small frames, no answer but a random number.
 *
 * Thread: the main one.
 */
import { once } from 'node:events';
import net, { type AddressInfo, type Server, type Socket } from 'node:net';
import tls from 'node:tls';
import type { Generator } from '../../../shared/load/generator';
import { GeneratorHost } from './generator-host';
import { type Greeted, greetCoordinator, RefusalReason, Refused } from './greeting';
import { MIN_TOKEN_BYTES } from './seal';

/** Connections that have not proven the token yet. One more is closed at once. */
export const MAX_STRANGERS = 16;
/** So long a stranger has for its whole greeting. */
export const GREETING_MS = 5_000;
/** A coordinator sends a sign of life each second. One that is silent for so long is gone, whatever TCP believes. */
export const SILENCE_MS = 15_000;
const LOOK_MS = 1_000;
/** Whoever comes while the last test is being cleared away is kept waiting so long. */
const CLEARING_MS = 4_000;

export interface AgentOptions {
  host: string;
  /** 0: any free one. */
  port: number;
  token: string;
  /** PEM texts. Absent: TCP without TLS. */
  tls?: { cert: string; key: string };
  /** The version of ringcast, which a coordinator must have too. */
  version: string;
  newGenerator(): Generator;
  onEvent?: (event: AgentEvent) => void;
  /** For tests: another clock than this host's. */
  clock?: { identity: string; nowNs: () => number };
  greetingMs?: number;
  silenceMs?: number;
}

/** What an agent tells of itself. `from` is `address:port`. */
export type AgentEvent =
  | { type: 'admitted'; from: string }
  /** The test is over, or was given up; nothing is left of it. */
  | { type: 'left'; from: string; why: string }
  | { type: 'refused'; from: string; why: string };

interface Session {
  from: string;
  sinceMs: number;
  /** Its connection is over: what it left is being cleared away. */
  leaving: boolean;
  over: Promise<unknown>;
  end(): void;
}

export class Agent {
  readonly #options: AgentOptions;
  readonly #server: Server;
  readonly #tlsContext: tls.SecureContext | undefined;
  readonly #strangers = new Set<Socket>();
  #port = 0;
  #session: Session | undefined;
  #closed = false;

  /** @throws {RangeError} for a token that is too short; the system's error if the address cannot be had */
  static async listen(options: AgentOptions): Promise<Agent> {
    checkToken(options.token);
    const agent = new Agent(options);
    agent.#server.listen(options.port, options.host);
    await once(agent.#server, 'listening');
    agent.#port = (agent.#server.address() as AddressInfo).port;
    return agent;
  }

  private constructor(options: AgentOptions) {
    this.#options = options;
    this.#tlsContext = options.tls && tls.createSecureContext(options.tls);
    this.#server = net.createServer({ noDelay: true }, (socket) => this.#come(socket));
  }

  get port(): number {
    return this.#port;
  }

  /** Ends a test that runs, and takes no more. Resolves when nothing is left. */
  async close(): Promise<void> {
    this.#closed = true;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const stranger of this.#strangers) stranger.destroy();
    this.#session?.end();
    await this.#session?.over;
    await closed;
  }

  #come(socket: Socket): void {
    socket.on('error', () => {}); // it ends, and that is told
    const from = addressOf(socket);
    if (this.#strangers.size >= MAX_STRANGERS) {
      this.#tell({ type: 'refused', from, why: `${MAX_STRANGERS} others are greeting` });
      socket.destroy();
      return;
    }
    this.#strangers.add(socket);
    const greeted = (): unknown => this.#strangers.delete(socket);
    socket.once('close', greeted);
    void this.#greet(this.#secured(socket), from).then(greeted);
  }

  #secured(socket: Socket): Socket {
    if (this.#tlsContext === undefined) return socket;
    const secured = new tls.TLSSocket(socket, { isServer: true, secureContext: this.#tlsContext });
    secured.on('error', () => {});
    // Of a handshake that fails no error comes, only this.
    secured.on('_tlsError', (error: Error) => secured.destroy(error));
    return secured;
  }

  async #greet(socket: Socket, from: string): Promise<void> {
    const timer = setTimeout(() => socket.destroy(), this.#options.greetingMs ?? GREETING_MS);
    let session: Session | undefined;
    try {
      const { token, clock } = this.#options;
      const admit = async (version: string): Promise<void> => {
        session = await this.#admit(from, version);
      };
      const greeted = await greetCoordinator(socket, token, admit, clock?.identity);
      this.#serve(socket, greeted, session!);
    } catch (error) {
      this.#tell({ type: 'refused', from, why: (error as Error).message });
      if (session !== undefined) this.#session = undefined;
      socket.end(() => socket.destroy());
    } finally {
      clearTimeout(timer);
    }
  }

  /** Takes the one place there is. @throws {Refused} */
  async #admit(from: string, version: string): Promise<Session> {
    if (version !== this.#options.version) {
      const message = `it is ringcast ${this.#options.version}, the coordinator ${version.slice(0, 40)}`;
      throw new Refused(RefusalReason.VERSION, message);
    }
    if (this.#session?.leaving) await Promise.race([this.#session.over, later(CLEARING_MS)]);
    const other = this.#session;
    if (other !== undefined || this.#closed) {
      const forMs = performance.now() - (other?.sinceMs ?? 0);
      const why =
        other === undefined ? 'it ends' : `it works for ${other.from} since ${Math.round(forMs / 1000)} s`;
      throw new Refused(RefusalReason.BUSY, why);
    }
    const session: Session = {
      from,
      sinceMs: performance.now(),
      leaving: false,
      over: Promise.resolve(),
      end: () => {},
    };
    this.#session = session;
    return session;
  }

  #serve(socket: Socket, { seals }: Greeted, session: Session): void {
    const host = new GeneratorHost(socket, this.#options.newGenerator(), {
      peer: session.from,
      seals,
      nowNs: this.#options.clock?.nowNs,
    });
    this.#tell({ type: 'admitted', from: session.from });
    const watch = setInterval(() => {
      const silentMs = (host.link.nowNs() - host.link.heardNs) / 1e6;
      if (silentMs > (this.#options.silenceMs ?? SILENCE_MS))
        host.link.end('it has been silent for too long');
    }, LOOK_MS);
    session.end = () => host.link.end('the agent ends');
    void host.link.ended.then(() => {
      clearInterval(watch);
      session.leaving = true;
    });
    session.over = host.over.then((why) => {
      this.#session = undefined;
      this.#tell({ type: 'left', from: session.from, why: why.message });
    });
    if (this.#closed) session.end();
  }

  #tell(event: AgentEvent): void {
    this.#options.onEvent?.(event);
  }
}

/** @throws {RangeError} */
export function checkToken(token: string): void {
  const bytes = Buffer.byteLength(token);
  if (bytes >= MIN_TOKEN_BYTES) return;
  throw new RangeError(
    `the token has ${bytes} bytes: at least ${MIN_TOKEN_BYTES} are needed (openssl rand -hex 32 makes one)`,
  );
}

function addressOf(socket: Socket): string {
  const { remoteAddress = 'a connection that is gone', remotePort } = socket;
  return remotePort === undefined ? remoteAddress : `${remoteAddress.replace(/^::ffff:/, '')}:${remotePort}`;
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
