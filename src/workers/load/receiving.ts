/** What becomes of each message that a client gets. Nothing here allocates for a message that is as it should be. Thread: a load thread. */
import { CounterWord, type LoadBoard } from '../../shared/load/board';
import { Probe, ProbeFinding, readProbe } from '../../shared/load/probe';
import type { ClientState } from './client-state';
import type { TestClock } from './clock';

export class Receiving {
  readonly #board: LoadBoard;
  readonly #clock: TestClock;
  readonly #ownOnly: boolean;
  readonly #probe = new Probe();
  /** The first fault of each kind. */
  readonly samples = new Map<string, string>();

  /** @param ownOnly clients get only what they sent themselves */
  constructor(board: LoadBoard, clock: TestClock, ownOnly: boolean) {
    this.#board = board;
    this.#clock = clock;
    this.#ownOnly = ownOnly;
  }

  take(client: ClientState, bytes: Buffer, start: number, end: number, receivedNs: number): void {
    const probe = this.#probe;
    const finding = readProbe(bytes, start, end, probe);
    if (finding !== ProbeFinding.WHOLE) this.#strange(client, finding, end - start);
    else if (this.#ownOnly && probe.stream !== client.number)
      this.#strange(client, ProbeFinding.NONE, end - start);
    else this.#count(client, end - start, this.#clock.toReference(receivedNs));
  }

  #count(client: ClientState, bytes: number, receivedNs: number): void {
    const board = this.#board;
    const { stream, sequence, intendedNs } = this.#probe;
    const seen = client.account.take(stream, sequence);
    if (seen !== 'new') {
      this.#board.add(seen === 'late' ? CounterWord.reordered : CounterWord.duplicated);
      this.#sample(
        seen,
        client,
        `message ${sequence} of publisher ${stream} came ${seen === 'late' ? 'after a later one' : 'again'}`,
      );
      if (seen === 'duplicate') return;
    }
    board.add(CounterWord.received);
    board.add(CounterWord.receivedBytes, bytes);
    if (client.slowGroup >= 0) {
      board.add(CounterWord.receivedSlow);
      board.addSlow(client.slowGroup, 'received');
    }
    if (this.#clock.measures(intendedNs)) this.#measure(client.slowGroup, receivedNs);
  }

  #measure(slowGroup: number, receivedNs: number): void {
    const board = this.#board;
    const { intendedNs, sentNs } = this.#probe;
    board.add(CounterWord.receivedMeasured);
    const { histograms } = board;
    if (receivedNs < sentNs) {
      board.add(CounterWord.negative);
      return;
    }
    const [response, delivery] = [receivedNs - intendedNs, receivedNs - sentNs];
    if (slowGroup < 0) {
      histograms.response.record(response);
      histograms.delivery.record(delivery);
    } else {
      histograms.responseSlow.record(response);
      histograms.deliverySlow.record(delivery);
      board.slowResponses[slowGroup]!.record(response);
    }
  }

  #strange(client: ClientState, finding: ProbeFinding, bytes: number): void {
    const corrupt = finding === ProbeFinding.CORRUPT;
    this.#board.add(corrupt ? CounterWord.corrupt : CounterWord.foreign);
    const what = corrupt ? 'with other bytes than were sent' : 'that is none of the test';
    this.#sample(finding, client, `a message of ${bytes} bytes came ${what}`);
  }

  #sample(kind: string, client: ClientState, what: string): void {
    if (!this.samples.has(kind)) this.samples.set(kind, `client ${client.number}: ${what}`);
  }
}
