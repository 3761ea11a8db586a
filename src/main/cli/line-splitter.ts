/** Cuts a stream of bytes into lines, holding no more of a line than its longest allowed length. */

/** A line without its line end; or the length of one that was too long, of which nothing is kept. */
export type Line = { bytes: Buffer } | { tooLongBytes: number };

const LF = 0x0a;
const CR = 0x0d;

export class LineSplitter {
  readonly #maxLineBytes: number;
  /** The beginning of a line whose end has not come. */
  #parts: Buffer[] = [];
  #partBytes = 0;
  /** Whether the last byte of what has come of the line is a CR, which may belong to its end. */
  #endsWithCr = false;

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
  }

  /** @returns the lines that `chunk` completes; they may share its memory */
  *push(chunk: Buffer): Generator<Line> {
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      this.#hold(chunk.subarray(start, end));
      yield this.#take(this.#endsWithCr);
      start = end + 1;
    }
    // The chunk's memory may be used again before the rest of the line comes.
    this.#hold(Buffer.from(chunk.subarray(start)));
  }

  /** @returns the last line, if it did not end with a line end */
  end(): Line | undefined {
    return this.#partBytes === 0 ? undefined : this.#take(false);
  }

  #hold(part: Buffer): void {
    if (part.length === 0) return;
    this.#partBytes += part.length;
    this.#endsWithCr = part[part.length - 1] === CR;
    // One byte more than allowed: it may be the CR of the line's end.
    if (this.#partBytes <= this.#maxLineBytes + 1) this.#parts.push(part);
    else this.#parts = [];
  }

  #take(withoutCr: boolean): Line {
    const length = this.#partBytes - (withoutCr ? 1 : 0);
    const parts = this.#parts;
    this.#parts = [];
    this.#partBytes = 0;
    this.#endsWithCr = false;
    if (length > this.#maxLineBytes) return { tooLongBytes: length };
    const bytes = parts.length === 1 ? parts[0] : Buffer.concat(parts);
    return { bytes: bytes.subarray(0, length) };
  }
}
