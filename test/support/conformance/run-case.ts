/** Tries a row of the table against a server that echoes. */
import { handshake, RawPeer } from '../ws-peer';
import { type ConformanceCase, closing, type Mode, Op, type Outcome } from './case';

export interface Server {
  port: number;
  /** Whether it has the limits that a hub has by default. */
  strict: boolean;
}

/** A row that takes longer is not answered. */
const DEADLINE_MS = 20_000;
const PATHS: Record<Mode, string> = { message: '/bench', fragments: '/fragments' };

export interface Verdict {
  /** Undefined: it is as it should be. */
  fault?: string;
  /** The code of a refusal on purpose: the server has limits, and this row is past them. */
  refused?: number;
}

export async function checkCase(
  one: ConformanceCase,
  mode: Mode,
  { port, strict }: Server,
): Promise<Verdict> {
  const refusal = strict ? one.strict?.[mode] : undefined;
  const expected = refusal ?? one.instead?.[mode] ?? one;
  const peer = await open(port, PATHS[mode], one.compression === true);
  try {
    for (const bytes of one.send) peer.socket.write(bytes);
    await settle(peer, expected);
    const fault = difference(peer, expected);
    return { fault, refused: refusal?.close };
  } catch (error) {
    return { fault: (error as Error).message };
  } finally {
    peer.socket.destroy();
  }
}

async function open(port: number, path: string, compression: boolean): Promise<RawPeer> {
  const peer = new RawPeer(port);
  peer.socket.write(handshake(path, compression ? ['Sec-WebSocket-Extensions: permessage-deflate'] : []));
  const { status, headers } = await peer.answer();
  if (status !== 101) throw new Error(`the handshake was answered with ${status}`);
  const agreed = headers['sec-websocket-extensions'] ?? '';
  if (compression !== agreed.includes('client_no_context_takeover'))
    throw new Error(`extensions: ${JSON.stringify(agreed)}`);
  return peer;
}

/** Waits for the end. Where the server does not close, the peer does, once it has all that is expected. */
async function settle(peer: RawPeer, { echo = [], pongs = [], close }: Outcome): Promise<void> {
  const timer = setTimeout(() => peer.socket.destroy(), DEADLINE_MS);
  try {
    if (close === undefined) {
      await peer.until((frames) => frames.length >= echo.length + pongs.length);
      peer.socket.write(closing(1000));
    }
    await peer.ended;
  } finally {
    clearTimeout(timer);
  }
}

/** Frame by frame; that they are in the shortest form, unmasked and whole is checked as they are read. */
function difference(
  peer: RawPeer,
  { echo = [], pongs = [], close = 1000, reason }: Outcome,
): string | undefined {
  const seen = peer.frames.map(({ opcode, payload, final }) => describe(opcode, payload, final));
  const kind = (name: string) => seen.filter((line) => line.startsWith(`${name} `));
  const data = echo.map((one) =>
    describe(typeof one === 'string' ? Op.TEXT : Op.BINARY, Buffer.from(one as string)),
  );
  const answers = pongs.map((one) => describe(Op.PONG, Buffer.from(one as string)));
  const last = peer.frames.at(-1);
  const closed =
    last?.opcode !== Op.CLOSE ? undefined : last.payload.length === 0 ? 1005 : last.payload.readUInt16BE(0);
  if (closed !== close) return `closed with ${closed} instead of ${close}: ${cut(seen)}`;
  if (reason !== undefined && last?.payload.toString('utf8', 2) !== reason)
    return `another reason: ${cut(seen)}`;
  const echoed = seen.filter((line) => /^(text|binary|frame) /.test(line));
  if (echoed.join() !== data.join()) return `echoed ${cut(echoed)} instead of ${cut(data)}`;
  if (kind('pong').join() !== answers.join()) return `pongs ${cut(kind('pong'))} instead of ${cut(answers)}`;
  if (seen.length !== data.length + answers.length + 1) return `frames that nobody expects: ${cut(seen)}`;
  return undefined;
}

const NAMES: Record<number, string> = {
  [Op.TEXT]: 'text',
  [Op.BINARY]: 'binary',
  [Op.CLOSE]: 'close',
  [Op.PONG]: 'pong',
};

function describe(opcode: number, payload: Buffer, final = true): string {
  return `${(final && NAMES[opcode]) || 'frame'} ${payload.toString('hex')}`;
}

function cut(lines: string[]): string {
  const text = lines.join(', ');
  return text.length > 200 ? `${text.slice(0, 200)}…` : text || 'nothing';
}
