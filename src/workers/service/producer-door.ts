/**
 * The door for producers in other processes: a private unix socket, who may come in by it, and who is inside.
 *
 * Only this user and root can connect: the kernel sees to that, by the socket's mode. Whoever does not greet as a producer of
 * this version of ringcast is a stranger: there may be few of them at a time, each may send one short frame, and has
 * little time for it.
 *
 * Thread: the service's.
 */
import net from 'node:net';
import type { Board } from '../../shared/board';
import type { AllowedChannels } from '../../shared/channel-name';
import { HubError, HubErrorCode } from '../../shared/errors';
import { FrameReader } from '../../shared/foreign/frame-reader';
import {
  FrameKind,
  type Hello,
  isHello,
  MAX_HELLO_BYTES,
  MESSAGE_PREFIX_BYTES,
  PROTOCOL_VERSION,
  type Refusal,
  textFrame,
  type Welcome,
} from '../../shared/foreign/protocol';
import type { FileIdentity } from '../../shared/foreign/safe-path';
import { log } from '../../shared/log';
import { maxPayloadBytesOf } from '../../shared/producer-handle';
import { attachToRing, MAX_KEY_BYTES, nameProcess, type RingMemory } from '../../shared/ring';
import type { DescriptorMirror } from './descriptor-mirror';
import { ForeignProducer, type Session } from './foreign-producer';
import { listenPrivately, removeSocket } from './private-socket';
import { descriptorOf } from './socket-descriptor';

/** A stranger has this long to greet. */
const GREETING_MS = 2_000;
/** So many more may be at it at once than the ring has lanes, since all of those may come at the same moment. */
const STRANGERS_BEYOND_LANES = 16;
/** How many sessions are remembered beyond their connection: one that comes back later may repeat what was not acknowledged. */
const MAX_SESSIONS = 1_024;

export interface DoorParts {
  /** Absolute path of the socket. */
  path: string;
  ring: RingMemory;
  ringId: string;
  board: Board;
  allowed: AllowedChannels;
  /** The number of a channel, made if need be; undefined: it cannot be had. */
  numberOf(name: string): number | undefined;
  /** Channels whose gate is shut now. */
  gated(): string[];
  /** Is told of the descriptors. */
  mirror?: DescriptorMirror;
}

export class ProducerDoor {
  readonly #parts: DoorParts;
  readonly #server = net.createServer((socket) => this.#meet(socket));
  readonly #strangers = new Set<net.Socket>();
  readonly #producers = new Set<ForeignProducer>();
  /** By their names, the one that connected last at the end. */
  readonly #sessions = new Map<string, Session>();
  #file: FileIdentity | undefined;
  #closed = false;

  constructor(parts: DoorParts) {
    this.#parts = parts;
  }

  /** @throws {HubError} PRODUCER_SOCKET_FAILED */
  async open(): Promise<void> {
    const { path } = this.#parts;
    try {
      this.#file = await listenPrivately(this.#server, path);
    } catch (cause) {
      const message = `cannot open the socket for producers: ${(cause as Error).message}`;
      throw new HubError(HubErrorCode.PRODUCER_SOCKET_FAILED, message, { cause });
    }
    this.#parts.mirror?.add(descriptorOf(this.#server));
    this.#server.on('error', (error) =>
      log.warn(`a producer could not connect to ${path}: ${error.message}`),
    );
  }

  /** A channel's gate moved: its producers in other processes must know. */
  tellGate(channel: string, shut: boolean): void {
    for (const producer of this.#producers) producer.tellGate(channel, shut);
  }

  /** Nobody comes in any more, and the socket is gone, so that another hub can have its place. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#file !== undefined) removeSocket(this.#parts.path, this.#file);
    this.#parts.mirror?.delete(descriptorOf(this.#server));
    this.#server.close();
    for (const stranger of this.#strangers) stranger.destroy();
  }

  /** The ring is drained, and every answer given: who is inside is told that it is over. */
  finish(): void {
    this.close();
    for (const producer of this.#producers) producer.tellClosed();
  }

  /** Somebody connected. What is the first thing he says? */
  #meet(socket: net.Socket): void {
    socket.on('error', () => {}); // `close` follows
    this.#parts.mirror?.watch(socket);
    const most = this.#parts.ring.maxProducers + STRANGERS_BEYOND_LANES;
    if (this.#strangers.size >= most) {
      this.#turnAway(socket, `${most} others have not said who they are yet`);
      return;
    }
    this.#strangers.add(socket);
    const reader = new FrameReader(MAX_HELLO_BYTES);
    const timer = setTimeout(() => this.#turnAway(socket, `no greeting in ${GREETING_MS} ms`), GREETING_MS);
    const leave = () => {
      clearTimeout(timer);
      this.#strangers.delete(socket);
    };
    const listen = (piece: Buffer) => {
      try {
        reader.push(piece);
        if (!reader.next()) return;
      } catch {
        this.#turnAway(socket, 'it does not greet as a producer does');
        return;
      }
      socket.off('data', listen);
      socket.off('close', leave);
      leave();
      this.#greet(socket, reader);
    };
    socket.on('data', listen);
    socket.on('close', leave);
  }

  #greet(socket: net.Socket, reader: FrameReader): void {
    const hello = helloOf(reader);
    if (hello === undefined) {
      this.#turnAway(socket, 'it does not greet as a producer does');
    } else if (hello.ringcast !== PROTOCOL_VERSION) {
      const message = `the process speaks version ${hello.ringcast} of the protocol, the hub version ${PROTOCOL_VERSION}: load the same version of ringcast in both`;
      this.#refuse(socket, hello, { code: HubErrorCode.CONNECT_FAILED, message });
    } else this.#admit(socket, reader, hello);
  }

  #admit(socket: net.Socket, reader: FrameReader, hello: Hello): void {
    const { ring, ringId, allowed, gated, board } = this.#parts;
    const session = this.#sessionOf(hello);
    session.producer?.supersede();
    let attachment: ReturnType<typeof attachToRing>;
    try {
      attachment = attachToRing(ring, ringId);
    } catch (error) {
      const { code, message } = error as HubError;
      this.#refuse(socket, hello, { code, message });
      return;
    }
    if (attachment === undefined) {
      this.#refuse(socket, hello, { code: HubErrorCode.CLOSED, message: 'the hub closes' });
      return;
    }
    nameProcess(ring, attachment.producer.lane, hello.pid);
    reader.maxBodyBytes = MESSAGE_PREFIX_BYTES + MAX_KEY_BYTES + maxPayloadBytesOf(ring.laneBytes);
    const welcome: Welcome = {
      received: session.received,
      laneBytes: ring.laneBytes,
      maxChannels: board.maxChannels,
      channels: allowed,
      gated: gated(),
    };
    socket.write(textFrame(FrameKind.WELCOME, JSON.stringify(welcome)));
    const producer = new ForeignProducer(socket, reader, hello.pid, session, attachment, {
      board,
      maxChannels: board.maxChannels,
      numberOf: this.#parts.numberOf,
      ended: (ended, said) => this.#part(hello.session, ended, said),
    });
    session.producer = producer;
    this.#producers.add(producer);
    log.info(`process ${hello.pid} posts by ${this.#parts.path}`);
    producer.start();
  }

  /** What this hub has of a session; of one that it does not know, what the other side has no more. */
  #sessionOf({ session: name, next }: Hello): Session {
    const session: Session = this.#sessions.get(name) ?? { received: 0, producer: undefined };
    session.received = Math.max(session.received, next - 1); // another hub may have had it meanwhile
    this.#sessions.delete(name);
    this.#sessions.set(name, session);
    if (this.#sessions.size > MAX_SESSIONS) this.#forgetOldest();
    return session;
  }

  #forgetOldest(): void {
    for (const [name, { producer }] of this.#sessions) {
      if (producer !== undefined) continue;
      this.#sessions.delete(name);
      return;
    }
  }

  #part(
    name: string,
    producer: ForeignProducer,
    { goodbye, reason }: { goodbye: boolean; reason: string | undefined },
  ): void {
    this.#producers.delete(producer);
    const session = this.#sessions.get(name);
    if (session?.producer === producer) {
      session.producer = undefined;
      if (goodbye) this.#sessions.delete(name);
    }
    if (goodbye || this.#closed) return;
    if (reason === undefined) log.info(`process ${producer.pid} is gone`);
    else log.warn(`the connection of process ${producer.pid} ended: ${reason}`);
  }

  #refuse(socket: net.Socket, { pid }: Hello, refusal: Refusal): void {
    log.warn(`process ${pid} is refused at ${this.#parts.path}: ${refusal.message}`);
    socket.end(textFrame(FrameKind.REFUSED, JSON.stringify(refusal)), () => socket.destroy());
  }

  #turnAway(socket: net.Socket, why: string): void {
    log.warn(`a stranger is refused at ${this.#parts.path}: ${why}`);
    socket.destroy();
  }
}

function helloOf(reader: FrameReader): Hello | undefined {
  if (reader.kind !== FrameKind.HELLO) return undefined;
  try {
    const hello: unknown = JSON.parse(reader.bytes.toString('utf8', reader.start, reader.end));
    return isHello(hello) ? hello : undefined;
  } catch {
    return undefined;
  }
}
