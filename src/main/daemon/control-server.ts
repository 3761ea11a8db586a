/**
 * The control socket: HTTP on a unix socket that only its owner may open.
 *
 *     curl --unix-socket /run/ringcast/ringcast.sock http://localhost/status
 *
 * Answers are JSON: what the route gave, or `{ "error": { "message", "remedy"? } }` with a status of 4xx or 5xx.
 *
 * Thread: the main one.
 */
import { lstatSync, rmSync } from 'node:fs';
import http from 'node:http';
import { ExitCode } from '../cli/exit-codes';
import { Failure } from '../cli/failure';
import { MAX_SOCKET_PATH_BYTES } from './places';

/** What is done for a request, by method and path: `'POST /reload'`. What it throws is the answer too. */
export interface ControlRoutes {
  [methodAndPath: string]: (body: unknown) => unknown;
}

/** What a route answers if its status is to say something: `GET /readyz` has 503 beside 200. */
export class ControlAnswer {
  readonly status: number;
  readonly value: unknown;

  constructor(status: number, value: unknown) {
    this.status = status;
    this.value = value;
  }

  /** Of whatever a route returned. */
  static of(returned: unknown): ControlAnswer {
    return returned instanceof ControlAnswer ? returned : new ControlAnswer(200, returned ?? {});
  }
}

const MAX_BODY_BYTES = 16 * 1024;
const SOCKET_MODE_MASK = 0o177; // leaves 0600
const HTTP_SETTINGS = { requestTimeout: 5_000, headersTimeout: 5_000, keepAliveTimeout: 1_000 } as const;

export class ControlServer {
  readonly #server: http.Server;
  readonly #routes: ControlRoutes;

  private constructor(routes: ControlRoutes) {
    this.#routes = routes;
    this.#server = http.createServer(HTTP_SETTINGS, (request, response) => {
      void this.#answer(request, response);
    });
  }

  /**
   * Listens at `file`. Only for the holder of the lock: a socket that lies there is one that was left behind, and is removed.
   * It does not keep the process alive.
   *
   * @throws {Failure} if the path is too long, or something else than a socket lies there
   */
  static async listen(file: string, routes: ControlRoutes): Promise<ControlServer> {
    makeRoom(file);
    const control = new ControlServer(routes);
    await new Promise<void>((resolve, reject) => {
      control.#server.once('error', reject);
      // The socket is made within the call, so at no moment is it open to others.
      const umask = process.umask(SOCKET_MODE_MASK);
      control.#server.listen(file, () => resolve());
      process.umask(umask);
    });
    control.#server.on('error', () => {}); // of accepting: whoever asked asks again
    control.#server.unref();
    return control;
  }

  async #answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    try {
      const route = this.#routes[`${request.method} ${request.url}`];
      if (route === undefined) {
        const known = Object.keys(this.#routes).join(', ');
        send(response, 404, { error: { message: `There are ${known}.` } });
        return;
      }
      const { status, value } = ControlAnswer.of(await route(await bodyOf(request)));
      send(response, status, value);
    } catch (error) {
      const { message, remedy } = error as Failure;
      send(response, statusOf(error), { error: { message, remedy } });
    }
  }
}

/** A refusal, a fault, or nobody there who could answer. */
export function statusOf(error: unknown): 400 | 500 | 504 {
  if (!(error instanceof Failure)) return 500;
  return error.exitCode === ExitCode.NO_ANSWER ? 504 : 400;
}

function makeRoom(file: string): void {
  const bytes = Buffer.byteLength(file);
  if (bytes > MAX_SOCKET_PATH_BYTES) {
    throw new Failure(
      1,
      `The control socket ${file} has a path of ${bytes} bytes; ${MAX_SOCKET_PATH_BYTES} fit.`,
      {
        remedy: 'Put the lock into a folder with a shorter path: the socket lies beside it.',
      },
    );
  }
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new Failure(1, `The control socket belongs at ${file}, where something else lies.`, {
      remedy: 'Move it away, or choose another lock file: the socket lies beside it.',
    });
  }
  rmSync(file);
}

async function bodyOf(request: http.IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new Failure(1, `A request may have ${MAX_BODY_BYTES} bytes.`);
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Failure(1, `The request is not JSON: ${(cause as Error).message}.`, { cause });
  }
}

function send(response: http.ServerResponse, status: number, answer: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json', Connection: 'close' });
  response.end(`${JSON.stringify(answer)}\n`);
}
