/**
 * Posts each line of standard input, or each frame. When there is no room in the ring it stops reading: so whoever writes to our standard
 * input waits, and nothing is lost.
 */
import { isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';
import type { Producer } from '../../shared/producer';
import { ExitCode } from './exit-codes';
import { Failure } from './failure';
import { type Line, LineSplitter } from './line-splitter';
import type { Terminal } from './terminal';

/** So many lines are warned of one by one; of the others the end tells. */
const WARNINGS = 5;

export interface LineCounts {
  posted: number;
  /** Were longer than a message may be. */
  skipped: number;
  /** Were not UTF-8: what was wrong in them was replaced by U+FFFD. */
  repaired: number;
}

/** How standard input is cut into messages, and what they are. */
export interface InputFormat {
  /** What a person calls one. */
  unit: string;
  text: boolean;
  /** What makes longer ones possible. */
  larger: string;
  splitter(maxPayloadBytes: number): { push(chunk: Buffer): Iterable<Line>; end(): Line | undefined };
}

export const LINES: InputFormat = {
  unit: 'line',
  text: true,
  larger: 'larger with --lane-bytes',
  splitter: (maxPayloadBytes) => new LineSplitter(maxPayloadBytes),
};

export class StdinProducer {
  readonly counts: LineCounts = { posted: 0, skipped: 0, repaired: 0 };
  readonly #channel: string;
  readonly #producer: Producer;
  readonly #terminal: Terminal;
  readonly #format: InputFormat;
  #lines = 0;

  constructor(channel: string, producer: Producer, terminal: Terminal, format: InputFormat = LINES) {
    this.#channel = channel;
    this.#producer = producer;
    this.#terminal = terminal;
    this.#format = format;
  }

  /** @returns whether the input came to its end; false: it was destroyed, or the hub was closed, before */
  async postAll(input: Readable): Promise<boolean> {
    const splitter = this.#format.splitter(this.#producer.maxPayloadBytes);
    try {
      for await (const chunk of input) {
        for (const line of splitter.push(chunk as Buffer)) {
          if (!('bytes' in line)) this.#skip(line.tooLongBytes);
          else if (!(await this.#post(line.bytes))) return false;
        }
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE') return false;
      throw new Failure(ExitCode.FAILURE, `Cannot read standard input: ${(error as Error).message}.`, {
        cause: error,
      });
    }
    const last = splitter.end();
    if (last === undefined) return true;
    if ('bytes' in last) return this.#post(last.bytes);
    this.#skip(last.tooLongBytes);
    return true;
  }

  async #post(line: Buffer): Promise<boolean> {
    this.#lines++;
    let text = line;
    if (this.#format.text && !isUtf8(line)) {
      this.counts.repaired++;
      text = Buffer.from(line.toString('utf8'));
      if (text.length > this.#producer.maxPayloadBytes) {
        this.#lines--;
        this.#skip(text.length);
        return true;
      }
    }
    for (;;) {
      const result = await this.#producer.postAsync(this.#channel, text, { text: this.#format.text });
      if (result === 'closed') return false;
      if (result === 'posted') break;
    }
    this.counts.posted++;
    return true;
  }

  #skip(bytes: number): void {
    this.#lines++;
    if (++this.counts.skipped > WARNINGS) return;
    const more = this.counts.skipped === WARNINGS ? '; further ones are only counted' : '';
    this.#terminal.warn(
      `${this.#format.unit} ${this.#lines} is skipped: it has ${bytes} bytes, the longest message is ${this.#producer.maxPayloadBytes} (${this.#format.larger})${more}`,
    );
  }
}
