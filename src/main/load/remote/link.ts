/**
 * A connection between a coordinator and a generator elsewhere: requests with answers and deadlines, pings, and its end. Either
 * side may be at its other end; what a request means is told by `answer`.
 *
 * It ends for good, with a reason, when the stream does, when a frame is none, or by `end`; whatever waits for an answer is
 * rejected with that reason.
 *
 * Thread: the one that has the stream.
 */
import type { Duplex } from 'node:stream';
import { HubError, HubErrorCode } from '../../../shared/errors';
import { FrameReader, FrameTooLong } from '../../../shared/foreign/frame-reader';
import { FRAME_HEAD_BYTES, writeHead } from '../../../shared/foreign/protocol';
import type { ClockSample } from '../../../shared/load/clock-estimator';
import { monotonicNs } from '../../../shared/load/monotonic';
import {
  type Answer,
  CALL_NAMES,
  type CallName,
  type Calls,
  Kind,
  MAX_FRAME_BYTES,
  type PlainError,
  plainError,
  type Request,
} from './protocol';
import { SEAL_BYTES, type Seal } from './seal';

export interface LinkOptions {
  /** Who is at the other end, for the texts of errors. */
  peer: string;
  /** Absent: the stream is a pipe that nobody else can write to. */
  seals?: { mine: Seal; theirs: Seal };
  /** What a request is answered. Absent: nobody may ask here. */
  answer?: (request: Request) => Promise<unknown>;
  /** The other side's generator broke down on its own. */
  failed?: (error: PlainError) => void;
  /** Why the stream ended, if anybody knows better than the stream: the exit of a process. */
  whyEnded?: () => Promise<string | undefined>;
  /** Of pings and pongs, nanoseconds: for tests. */
  nowNs?: () => number;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

const PING_BYTES = 12;
const PONG_BYTES = 20;

export class Link {
  /** Resolves with why, when it is over. */
  readonly ended: Promise<Error>;
  readonly #stream: Duplex;
  readonly #options: LinkOptions;
  readonly #reader = new FrameReader(MAX_FRAME_BYTES + SEAL_BYTES);
  readonly #calls = new Map<number, Waiting>();
  readonly #pings = new Map<number, Waiting & { sentNs: number }>();
  #lastId = 0;
  #end!: (why: Error) => void;
  #why: Error | undefined;
  /** When something came last, by `nowNs`. */
  heardNs: number;
  readonly nowNs: () => number;

  constructor(stream: Duplex, options: LinkOptions) {
    this.#stream = stream;
    this.#options = options;
    this.nowNs = options.nowNs ?? monotonicNs;
    this.heardNs = this.nowNs();
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    stream.on('data', (piece: Buffer) => this.#read(piece));
    stream.on('error', (error) => void this.#streamEnded(`the connection broke: ${error.message}`, error));
    stream.on('end', () => void this.#streamEnded('the other side ended the connection'));
    stream.on('close', () => void this.#streamEnded('the connection is gone'));
  }

  /** Asks the other side. @throws {HubError} GENERATOR_GONE when no answer came in time, or the link ends; else what it answered */
  request<Name extends CallName>(call: Name, argument: Calls[Name], deadlineMs: number): Promise<unknown> {
    const id = ++this.#lastId;
    return this.#answerTo(this.#calls, id, `${call} was not answered`, deadlineMs, {}, () => {
      this.#send(Kind.REQUEST, Buffer.from(JSON.stringify({ id, call, with: argument })));
    });
  }

  /** One exchange for the clocks. Rejects as `request` does. */
  ping(deadlineMs: number): Promise<ClockSample> {
    const id = ++this.#lastId % 2 ** 32;
    const extra = { sentNs: 0 };
    return this.#answerTo(this.#pings, id, 'a ping was not answered', deadlineMs, extra, () => {
      const body = Buffer.allocUnsafe(PING_BYTES);
      body.writeUInt32LE(id, 0);
      const ping = this.#pings.get(id)!;
      ping.sentNs = this.nowNs();
      body.writeDoubleLE(ping.sentNs, 4);
      this.#send(Kind.PING, body);
    }) as Promise<ClockSample>;
  }

  /** Tells the other side that the generator here broke down. */
  tellFailed(error: unknown): void {
    this.#send(Kind.FAILED, Buffer.from(JSON.stringify(plainError(error))));
  }

  /** Ends it at once. */
  end(why = 'it was ended here'): void {
    this.#over(why);
  }

  #answerTo<Extra extends object>(
    waiting: Map<number, Waiting & Extra>,
    id: number,
    late: string,
    deadlineMs: number,
    extra: Extra,
    send: () => void,
  ): Promise<unknown> {
    if (this.#why !== undefined) return Promise.reject(this.#why);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(id);
        reject(this.#gone(`${late} within ${Math.round(deadlineMs)} ms`));
      }, deadlineMs);
      const settle =
        <T>(settled: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          waiting.delete(id);
          settled(value);
        };
      waiting.set(id, { ...extra, resolve: settle(resolve), reject: settle(reject) });
      send();
    });
  }

  #send(kind: number, body: Buffer): void {
    if (this.#why !== undefined) return;
    if (body.length > MAX_FRAME_BYTES) {
      throw new RangeError(`a frame of ${body.length} bytes: the longest is ${MAX_FRAME_BYTES}`);
    }
    const seal = this.#options.seals?.mine.next(kind, body);
    const frame = Buffer.allocUnsafe(FRAME_HEAD_BYTES + (seal?.length ?? 0));
    writeHead(frame, 0, kind, 0, (seal?.length ?? 0) + body.length);
    if (seal !== undefined) frame.set(seal, FRAME_HEAD_BYTES);
    this.#stream.write(body.length < 16_384 ? Buffer.concat([frame, body]) : frame);
    if (body.length >= 16_384) this.#stream.write(body);
  }

  #read(piece: Buffer): void {
    const nowNs = this.nowNs();
    this.heardNs = nowNs;
    this.#reader.push(piece);
    try {
      while (this.#why === undefined && this.#reader.next()) this.#frame(nowNs);
    } catch (error) {
      this.#over(
        error instanceof FrameTooLong ? error.message : `it sent nonsense: ${(error as Error).message}`,
      );
    }
  }

  #frame(nowNs: number): void {
    const { kind, bytes, start, end } = this.#reader;
    let body = bytes.subarray(start, end);
    const theirs = this.#options.seals?.theirs;
    if (theirs !== undefined) {
      const seal = body.subarray(0, SEAL_BYTES);
      body = body.subarray(SEAL_BYTES);
      if (!theirs.fits(seal, kind, body)) throw new Error('a frame without the right seal');
    }
    if (kind === Kind.PING) this.#pong(body, nowNs);
    else if (kind === Kind.PONG) this.#ponged(body, nowNs);
    else if (kind === Kind.ANSWER) this.#answered(JSON.parse(body.toString('utf8')) as Answer);
    else if (kind === Kind.REQUEST) void this.#requested(JSON.parse(body.toString('utf8')) as Request);
    else if (kind === Kind.FAILED) this.#options.failed?.(JSON.parse(body.toString('utf8')) as PlainError);
    else throw new Error(`a frame of kind ${kind}`);
  }

  #pong(body: Buffer, receivedNs: number): void {
    if (body.length !== PING_BYTES) throw new Error(`a ping of ${body.length} bytes`);
    const pong = Buffer.allocUnsafe(PONG_BYTES);
    body.copy(pong, 0, 0, 4);
    pong.writeDoubleLE(receivedNs, 4);
    pong.writeDoubleLE(this.nowNs(), 12);
    this.#send(Kind.PONG, pong);
  }

  #ponged(body: Buffer, arrivedNs: number): void {
    if (body.length !== PONG_BYTES) throw new Error(`a pong of ${body.length} bytes`);
    const ping = this.#pings.get(body.readUInt32LE(0));
    ping?.resolve({
      sentNs: ping.sentNs,
      receivedNs: body.readDoubleLE(4),
      answeredNs: body.readDoubleLE(12),
      arrivedNs,
    } satisfies ClockSample);
  }

  #answered(answer: Answer): void {
    const waiting = this.#calls.get(answer.id);
    if ('error' in answer) waiting?.reject(this.#told(answer.error));
    else waiting?.resolve(answer.value);
  }

  async #requested(request: Request): Promise<void> {
    const { id, call } = request;
    const { answer } = this.#options;
    if (!Number.isSafeInteger(id) || !CALL_NAMES.includes(call) || answer === undefined) {
      this.#over(`it asked for what there is not: ${JSON.stringify(call)?.slice(0, 40)}`);
      return;
    }
    let answered: Answer;
    try {
      answered = { id, value: (await answer(request)) ?? null };
    } catch (error) {
      answered = { id, error: plainError(error) };
    }
    this.#send(Kind.ANSWER, Buffer.from(JSON.stringify(answered)));
  }

  #told({ message, code }: PlainError): Error {
    return new HubError(HubErrorCode.GENERATOR_FAILED, `${this.#options.peer}: ${message}`, {
      cause: Object.assign(new Error(message), { code }),
    });
  }

  #gone(why: string, cause?: Error): HubError {
    return new HubError(HubErrorCode.GENERATOR_GONE, `${this.#options.peer}: ${why}`, { cause });
  }

  async #streamEnded(why: string, cause?: Error): Promise<void> {
    this.#over((await this.#options.whyEnded?.()) ?? why, cause);
  }

  #over(why: string, cause?: Error): void {
    if (this.#why !== undefined) return;
    this.#why = this.#gone(why, cause);
    for (const waiting of [...this.#calls.values(), ...this.#pings.values()]) waiting.reject(this.#why);
    this.#stream.destroy();
    this.#end(this.#why);
  }
}
