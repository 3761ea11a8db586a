/**
 * What becomes of each message that a client gets: it is counted, checked against what came before, and measured. Nothing here
 * allocates for a message that is as it should be.
 *
 * Thread: a load thread.
 */
import { CounterWord, type LoadBoard } from '../../shared/load/board';
import { Probe, ProbeFinding, readProbe } from '../../shared/load/probe';
import { Arrival, type StreamChecker } from '../../shared/load/stream-checker';
import type { ClientState } from './client-state';
import type { TestClock } from './clock';

export class Receiving {
  readonly #board: LoadBoard;
  readonly #clock: TestClock;
  readonly #checker: StreamChecker;
  readonly #probe = new Probe();

  constructor(board: LoadBoard, clock: TestClock, checker: StreamChecker) {
    this.#board = board;
    this.#clock = clock;
    this.#checker = checker;
  }

  /** @param receivedNs on this host's clock */
  take(client: ClientState, bytes: Buffer, start: number, end: number, receivedNs: number): void {
    const finding = readProbe(bytes, start, end, this.#probe);
    if (finding === ProbeFinding.WHOLE) {
      if (this.#clock.isOfTest(this.#probe.intendedNs)) this.#takeWhole(client, end - start, receivedNs);
      else this.#takeStale(client);
    } else if (finding === ProbeFinding.CORRUPT) {
      this.#board.add(CounterWord.corrupt);
      this.#checker.takeCorrupt(client.slot, end - start);
    } else {
      this.#board.add(CounterWord.foreign);
      this.#checker.samples.foreign(client.number, bytes.subarray(start, end));
    }
  }

  #takeWhole(client: ClientState, bytes: number, receivedNs: number): void {
    const board = this.#board;
    const arrival = this.#checker.take(client.slot, this.#probe.stream, this.#probe.sequence);
    if (arrival > Arrival.AHEAD && !this.#takeUnexpected(arrival)) return;
    board.add(CounterWord.received);
    board.add(CounterWord.receivedBytes, bytes);
    if (client.slowGroup >= 0) {
      board.add(CounterWord.receivedSlow);
      board.addSlow(client.slowGroup, 'received');
    }
    if (this.#clock.measures(this.#probe.intendedNs)) this.#measure(client.slowGroup, receivedNs);
  }

  #takeStale(client: ClientState): void {
    this.#board.add(CounterWord.foreign);
    this.#checker.samples.stale(client.number);
  }

  /** @returns whether it counts as received nevertheless: it is late, but it is there */
  #takeUnexpected(arrival: Arrival): boolean {
    if (arrival === Arrival.DUPLICATED) this.#board.add(CounterWord.duplicated);
    else if (arrival === Arrival.FOREIGN) this.#board.add(CounterWord.foreign);
    else this.#board.add(CounterWord.reordered);
    return arrival === Arrival.LATE;
  }

  #measure(slowGroup: number, localNs: number): void {
    const board = this.#board;
    const receivedNs = this.#clock.toReference(localNs);
    const { intendedNs, sentNs } = this.#probe;
    board.add(CounterWord.receivedMeasured);
    const [response, delivery] = [receivedNs - intendedNs, receivedNs - sentNs];
    if (response < 0 || delivery < 0) board.add(CounterWord.negative);
    else if (slowGroup < 0) {
      board.histograms.response.record(response);
      board.histograms.delivery.record(delivery);
    } else {
      board.histograms.responseSlow.record(response);
      board.histograms.deliverySlow.record(delivery);
      board.slowResponses[slowGroup]!.record(response);
    }
  }
}
