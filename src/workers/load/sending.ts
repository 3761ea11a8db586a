/** Sends the messages of a load thread's streams. Thread: a load thread. */
import { CounterWord, type LoadBoard } from '../../shared/load/board';
import type { ProbeWriter } from '../../shared/load/probe-writer';
import type { Range } from '../../shared/load/shares';
import type { TestClock } from './clock';
import type { ErrorLog } from './error-log';
import type { Peer } from './peer';

/**
 * What one connection may have queued in this process before its messages count as unsent. A server that reads too slowly for
 * longer than the kernels' buffers hide it is seen by the response times first: they count from the intended time.
 */
export const MAX_QUEUED_BYTES = 4 * 1024 * 1024;

export class Sending {
  readonly #streams: Range;
  readonly #writer: ProbeWriter;
  readonly #board: LoadBoard;
  readonly #clock: TestClock;
  readonly #errors: ErrorLog;
  readonly #peers: (Peer | undefined)[];
  readonly #sequences: Float64Array;

  constructor(streams: Range, writer: ProbeWriter, board: LoadBoard, clock: TestClock, errors: ErrorLog) {
    this.#streams = streams;
    this.#writer = writer;
    this.#board = board;
    this.#clock = clock;
    this.#errors = errors;
    this.#peers = new Array(streams.to - streams.from);
    this.#sequences = new Float64Array(streams.to - streams.from);
  }

  /** The connection that a stream's messages take from now on. Undefined: there is none now. */
  carry(stream: number, peer: Peer | undefined): void {
    this.#peers[stream - this.#streams.from] = peer;
  }

  /** @param intendedNs when it should go, on the reference clock */
  send(stream: number, intendedNs: number): void {
    const board = this.#board;
    const at = stream - this.#streams.from;
    const peer = this.#peers[at];
    board.add(CounterWord.scheduled);
    if (peer === undefined || !peer.open) {
      this.#unsent('not connected', `publisher ${stream} had no connection when a message was due`);
      return;
    }
    if (peer.queuedBytes > MAX_QUEUED_BYTES) {
      this.#unsent(
        'socket full',
        `publisher ${stream} had ${peer.queuedBytes} bytes queued: the server reads too slowly`,
      );
      return;
    }
    const sentNs = this.#clock.now();
    const payload = this.#writer.write(stream, this.#sequences[at]!++, intendedNs, sentNs);
    peer.send(payload, this.#writer.text);
    board.addPublished(stream);
    board.add(CounterWord.published);
    board.add(CounterWord.publishedBytes, payload.length);
    if (!this.#clock.measures(intendedNs)) return;
    board.add(CounterWord.publishedMeasured);
    board.histograms.scheduleLag.record(Math.max(0, sentNs - intendedNs));
  }

  /** A time of the schedule that passes without a message. */
  skip(): void {
    this.#board.add(CounterWord.scheduled);
    this.#board.add(CounterWord.unsent);
  }

  #unsent(code: string, sample: string): void {
    this.#board.add(CounterWord.unsent);
    this.#errors.add('publish', code, sample);
  }
}
