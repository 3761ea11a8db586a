/** Sends bytes that are almost a handshake to a hub, and counts what becomes of them. */
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { WebSocket } from 'ws';
import { mutate, mutatedRequest } from './handshake-mutator';
import { Random } from './random';

/** So many at once: each is its own connection. */
const AT_ONCE = 25;

/** By what they were answered with: a status, or `'nothing'`. */
export type Answers = Record<string, number>;

export async function sendMutatedRequests(
  port: number,
  { count, seed, each = 1_000 }: { count: number; seed: number; each?: number },
  afterEach: () => Promise<void>,
): Promise<Answers> {
  const random = new Random(seed);
  return sendAll(port, { count, each }, () => mutatedRequest(random), afterEach);
}

export async function sendMutatedHellos(
  port: number,
  { count, seed }: { count: number; seed: number },
): Promise<Answers> {
  const random = new Random(seed);
  const hello = await clientHello();
  const next = (): Buffer => {
    let bytes = hello;
    for (let change = random.below(6); change >= 0 && bytes.length > 0; change--)
      bytes = mutate(bytes, random);
    return bytes;
  };
  return sendAll(port, { count, each: count }, next, async () => {});
}

/** @throws if a valid handshake does not work */
export async function witness(url: string): Promise<void> {
  const socket = new WebSocket(url, { rejectUnauthorized: false });
  await once(socket, 'open');
  socket.close();
  await once(socket, 'close');
}

async function sendAll(
  port: number,
  { count, each }: { count: number; each: number },
  next: () => Buffer,
  afterEach: () => Promise<void>,
): Promise<Answers> {
  const answers: Answers = {};
  for (let sent = 0; sent < count; sent += AT_ONCE) {
    const batch = Array.from({ length: Math.min(AT_ONCE, count - sent) }, () => answerTo(port, next()));
    for (const answer of await Promise.all(batch)) answers[answer] = (answers[answer] ?? 0) + 1;
    if ((sent + AT_ONCE) % each === 0) await afterEach();
  }
  return answers;
}

/** The sender's end is closed behind the bytes: so nobody has to wait for the rest. */
function answerTo(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    const answer: Buffer[] = [];
    socket.on('data', (chunk) => answer.push(chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      const text = Buffer.concat(answer).toString('latin1');
      resolve(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? (text === '' ? 'nothing' : 'bytes'));
    });
    socket.end(bytes);
  });
}

/** The first bytes that a TLS client sends. */
async function clientHello(): Promise<Buffer> {
  const server = net.createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  const client = tls.connect({ port, host: '127.0.0.1', servername: 'localhost' });
  client.on('error', () => {});
  const [socket] = (await once(server, 'connection')) as [net.Socket];
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  client.destroy();
  socket.destroy();
  server.close();
  return bytes;
}
