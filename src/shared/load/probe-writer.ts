/** Makes the payloads of a load test: stamp, fill, and the template's text around them. */
import { drawOf, makeFill, type PayloadFill } from './payload-fill';
import { fixedBytesOf, type PayloadPiece, piecesOf } from './payload-template';
import type { PayloadPlan, SizeChoice } from './plan';
import { BINARY_STAMP_BYTES, TEXT_STAMP_BYTES, writeStamp, writeTextStamp } from './probe';

const DRAWS = 2 ** 32;

/**
 * One is enough for all streams of a thread: what it writes follows from seed, stream and sequence alone.
 *
 * Thread: the one that made it.
 */
export class ProbeWriter {
  /** Whether its payloads go as text messages. */
  readonly text: boolean;
  readonly #seed: number;
  readonly #pieces: PayloadPiece[];
  readonly #stampBytes: number;
  readonly #fixedBytes: number;
  /** Whether the fill is right behind the stamp. */
  readonly #covered: boolean;
  readonly #fill: PayloadFill;
  readonly #sizes: SizeDraw;
  readonly #buffer: Buffer;
  #view: Buffer;

  /** @throws {RangeError} if its template is none (see `piecesOf`), or a size leaves no room for the stamp */
  constructor(payload: PayloadPlan, seed: number) {
    this.text = payload.text || payload.template !== undefined;
    this.#seed = seed;
    this.#pieces = payload.template === undefined ? ['stamp', 'fill'] : piecesOf(payload.template);
    this.#covered = this.#pieces[this.#pieces.indexOf('stamp') + 1] === 'fill';
    this.#stampBytes = this.text ? TEXT_STAMP_BYTES : BINARY_STAMP_BYTES;
    this.#fixedBytes = fixedBytesOf(this.#pieces, this.#stampBytes);
    this.#fill = makeFill(payload, seed);
    this.#sizes = new SizeDraw(payload.sizes);
    this.#buffer = Buffer.allocUnsafeSlow(this.#largest(payload));
    this.#view = this.#buffer;
  }

  /**
   * The payload of one message. Times are nanoseconds on the reference clock.
   *
   * @returns bytes that are valid until the next call
   */
  write(stream: number, sequence: number, intendedNs: number, sentNs: number): Buffer {
    const draw = drawOf(this.#seed, stream, sequence);
    const turn = stream + sequence;
    const fillBytes = this.#fill.lengthOf(turn) ?? this.#sizes.of(draw) - this.#fixedBytes;
    const stampAt = this.#put(fillBytes, draw, turn);
    const stampEnd = stampAt + this.#stampBytes;
    const coveredTo = this.#covered ? stampEnd + fillBytes : stampEnd;
    const stamp = this.text ? writeTextStamp : writeStamp;
    stamp(this.#buffer, stampAt, coveredTo, stream, sequence, intendedNs, sentNs);
    const bytes = this.#fixedBytes + fillBytes;
    if (this.#view.length !== bytes) this.#view = this.#buffer.subarray(0, bytes);
    return this.#view;
  }

  #largest({ sizes }: PayloadPlan): number {
    if (this.#fill.longest !== undefined) return this.#fixedBytes + this.#fill.longest;
    const small = sizes.find(({ minBytes }) => minBytes < this.#fixedBytes);
    if (small === undefined) return this.#sizes.largest;
    throw new RangeError(
      `a payload of ${small.minBytes} bytes has no room for its stamp: it needs ${this.#fixedBytes}`,
    );
  }

  /** All but the stamp: answers where that belongs. */
  #put(fillBytes: number, draw: number, turn: number): number {
    let at = 0;
    let stampAt = 0;
    for (const piece of this.#pieces) {
      if (piece === 'fill') {
        this.#fill.put(this.#buffer, at, fillBytes, draw, turn);
        at += fillBytes;
      } else if (piece === 'stamp') {
        stampAt = at;
        at += this.#stampBytes;
      } else at += piece.copy(this.#buffer, at);
    }
    return stampAt;
  }
}

/** Draws the size of each message. */
class SizeDraw {
  readonly largest: number;
  readonly #choices: SizeChoice[];
  readonly #weights: number;

  constructor(choices: SizeChoice[]) {
    this.#choices = choices;
    this.#weights = choices.reduce((sum, { weight }) => sum + weight, 0);
    this.largest = Math.max(...choices.map(({ maxBytes }) => maxBytes));
  }

  of(draw: number): number {
    const { minBytes, maxBytes } = this.#choiceOf(draw);
    if (minBytes === maxBytes) return minBytes;
    // A draw of its own: sizes of one choice would else depend on the weights.
    return minBytes + Math.floor((drawOf(draw, 0, 0) / DRAWS) * (maxBytes - minBytes + 1));
  }

  #choiceOf(draw: number): SizeChoice {
    let rest = (draw / DRAWS) * this.#weights;
    for (const choice of this.#choices) {
      rest -= choice.weight;
      if (rest < 0) return choice;
    }
    return this.#choices[this.#choices.length - 1]!;
  }
}
