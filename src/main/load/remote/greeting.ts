/**
 * The first words between a coordinator and an agent, by which each knows that the other has the token:
 *
 *     coordinator                                        agent
 *       HELLO      { protocol, nonce }             →
 *                                                  ←       CHALLENGE  { protocol, nonce }
 *       PROOF      { proof, ringcast }             →
 *                                                  ←       WELCOME    { proof, clock }  or REFUSED { reason, message }
 *
 * - The coordinator proves first: an agent that listens to a network gives strangers nothing to try tokens on. It answers a
 *   stranger with its protocol's version and a random number, or with REFUSED.
 * - What version of ringcast an agent has, and whether it is busy, it tells only to whom has the token.
 * - A proof holds for both random numbers of one connection. After WELCOME each frame carries a seal.
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { FRAME_HEAD_BYTES, writeHead } from '../../../shared/foreign/protocol';
import { clockIdentity } from './clock-identity';
import { Kind, PROTOCOL_VERSION } from './protocol';
import { isSameProof, NONCE_BYTES, type Nonces, newNonce, proofOf, Seal } from './seal';

/** No frame of a greeting is longer. */
export const MAX_GREETING_BYTES = 1_024;

export const RefusalReason = {
  /** Another version of this protocol. */
  PROTOCOL: 'protocol',
  TOKEN: 'token',
  /** Another version of ringcast: its figures may be another thing. */
  VERSION: 'version',
  BUSY: 'busy',
} as const;
export type RefusalReason = (typeof RefusalReason)[keyof typeof RefusalReason];

/** An agent said no. */
export class Refused extends Error {
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The other side is no coordinator or agent, ended the connection, or said nothing in time. */
export class NotOurs extends Error {}

/** What a greeting comes to: the seals of the link, and whose monotonic clock the agent has (`clock-identity.ts`). */
export interface Greeted {
  seals: { mine: Seal; theirs: Seal };
  clock: string | undefined;
}

/**
 * The coordinator's part.
 *
 * @throws {Refused} @throws {NotOurs}
 */
export async function greetAgent(socket: Socket, token: string, version: string): Promise<Greeted> {
  const nonce = newNonce();
  say(socket, Kind.HELLO, { protocol: PROTOCOL_VERSION, nonce });
  const challenge = await hear(socket, Kind.CHALLENGE);
  checkProtocol(challenge.protocol);
  const nonces: Nonces = { coordinator: nonce, agent: nonceOf(challenge.nonce) };
  say(socket, Kind.PROOF, { proof: proofOf(token, 'coordinator', nonces), ringcast: version });
  const welcome = await hear(socket, Kind.WELCOME);
  if (!isSameProof(String(welcome.proof), proofOf(token, 'agent', nonces))) {
    throw new Refused(RefusalReason.TOKEN, 'it has another token');
  }
  return {
    seals: { mine: new Seal(token, 'coordinator', nonces), theirs: new Seal(token, 'agent', nonces) },
    clock: typeof welcome.clock === 'string' ? welcome.clock : undefined,
  };
}

/**
 * The agent's part.
 *
 * @param admit is asked when the other side has proven the token; what it throws as `Refused` is told
 * @throws {Refused} after it was told @throws {NotOurs}
 */
export async function greetCoordinator(
  socket: Socket,
  token: string,
  admit: (version: string) => Promise<void>,
  clock = clockIdentity(),
): Promise<Greeted> {
  try {
    const hello = await hear(socket, Kind.HELLO);
    checkProtocol(hello.protocol);
    const nonces: Nonces = { coordinator: nonceOf(hello.nonce), agent: newNonce() };
    say(socket, Kind.CHALLENGE, { protocol: PROTOCOL_VERSION, nonce: nonces.agent });
    const { proof, ringcast } = await hear(socket, Kind.PROOF);
    if (!isSameProof(String(proof), proofOf(token, 'coordinator', nonces))) {
      throw new Refused(RefusalReason.TOKEN, 'the tokens differ');
    }
    await admit(String(ringcast));
    say(socket, Kind.WELCOME, { proof: proofOf(token, 'agent', nonces), clock });
    return {
      clock,
      seals: { mine: new Seal(token, 'agent', nonces), theirs: new Seal(token, 'coordinator', nonces) },
    };
  } catch (error) {
    if (error instanceof Refused) say(socket, Kind.REFUSED, { reason: error.reason, message: error.message });
    throw error;
  }
}

function checkProtocol(theirs: unknown): void {
  if (theirs === PROTOCOL_VERSION) return;
  throw new Refused(
    RefusalReason.PROTOCOL,
    `it speaks version ${JSON.stringify(theirs)?.slice(0, 20)} of the protocol, this side ${PROTOCOL_VERSION}`,
  );
}

function nonceOf(value: unknown): string {
  if (typeof value === 'string' && value.length === NONCE_BYTES * 2 && /^[0-9a-f]+$/.test(value))
    return value;
  throw new NotOurs('its random number is none');
}

function say(socket: Socket, kind: number, words: object): void {
  const body = Buffer.from(JSON.stringify(words));
  const frame = Buffer.allocUnsafe(FRAME_HEAD_BYTES + body.length);
  writeHead(frame, 0, kind, 0, body.length);
  frame.set(body, FRAME_HEAD_BYTES);
  socket.write(frame);
}

/** One frame; what follows it stays in the socket. */
async function hear(socket: Socket, kind: number): Promise<Record<string, unknown>> {
  const head = await read(socket, FRAME_HEAD_BYTES);
  const bytes = head.readUInt32LE(0);
  if (bytes > MAX_GREETING_BYTES) throw new NotOurs(`it began with a frame of ${bytes} bytes`);
  const said = head.readUInt8(4);
  const words = wordsOf(await read(socket, bytes));
  if (said === Kind.REFUSED) throw new Refused(words.reason as RefusalReason, String(words.message));
  if (said !== kind) throw new NotOurs(`it said ${said} where ${kind} belongs`);
  return words;
}

async function read(socket: Socket, bytes: number): Promise<Buffer> {
  for (;;) {
    const piece: Buffer | null = socket.read(bytes);
    if (piece?.length === bytes) return piece;
    if (socket.readableEnded || socket.destroyed) throw new NotOurs('it ended the connection');
    const ended = new AbortController();
    const { signal } = ended;
    try {
      await Promise.race([
        once(socket, 'readable', { signal }),
        once(socket, 'end', { signal }),
        once(socket, 'close', { signal }),
      ]);
    } finally {
      ended.abort();
    }
  }
}

function wordsOf(body: Buffer): Record<string, unknown> {
  try {
    const words: unknown = JSON.parse(body.toString('utf8'));
    if (typeof words === 'object' && words !== null) return words as Record<string, unknown>;
  } catch {} // told below
  throw new NotOurs('it does not speak our protocol');
}
