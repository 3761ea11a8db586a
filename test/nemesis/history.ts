/**
 * The history checker: what one connection got, against what the producers say that they posted.
 *
 * It knows nothing of the hub. While messages come it checks that each is whole, known, in its producer's order and there once;
 * what is missing must have been told. At the end it checks that nothing is missing behind the last one.
 */
import { CHANNELS, type ChannelName, decodeMessage, KEYS, type Message } from './message';

/** What a producer posted to one channel, as it knows it. */
export interface LedgerRow {
  producer: number;
  channel: number;
  /** The last message whose post answered `'posted'`. */
  accepted: number;
  /** The last one that it tried to post: one more at the most. */
  attempted: number;
  /** When the post of the last accepted one began. */
  acceptedMs: number;
}

/** One producer's messages, as far as a connection has them. */
interface Run {
  first: number;
  last: number;
  missing: number;
  /** For a channel that conflates: the last message of each key. */
  lastOfKey: number[] | undefined;
}

export interface HistoryFigures {
  received: number;
  /** Messages that were missing between others. */
  missing: number;
  /** Messages that the hub said it had left out. */
  told: number;
}

export class ConnectionHistory {
  readonly channel: ChannelName;
  /** When the handshake was answered: whatever is posted later is for this connection. */
  readonly openedMs: number;
  readonly violations: string[] = [];
  readonly figures: HistoryFigures = { received: 0, missing: 0, told: 0 };
  /** When the newest message that came was posted. */
  newestMs = 0;
  readonly #runs = new Map<number, Run>();
  #epoch: number | undefined;

  constructor(channel: ChannelName, openedMs: number) {
    this.channel = channel;
    this.openedMs = openedMs;
  }

  /** A message came. */
  take(bytes: Buffer): void {
    const message = decodeMessage(bytes);
    if (message === undefined) {
      this.#wrong(`${bytes.length} bytes that nobody posted`);
      return;
    }
    if (CHANNELS[message.channel] !== this.channel)
      this.#wrong(`a message of channel ${CHANNELS[message.channel]}`);
    this.figures.received++;
    this.newestMs = Math.max(this.newestMs, message.attemptedMs);
    this.#checkEpoch(message);
    this.#follow(message);
  }

  /** The hub said that it left out so many messages. */
  gap(messages: number): void {
    if (!(messages > 0)) this.#wrong(`a gap of ${messages} messages`);
    this.figures.told += messages;
  }

  /** The connection lives, and everything is sent: nothing may be missing now. */
  settle(ledger: readonly LedgerRow[]): void {
    for (const row of ledger) if (CHANNELS[row.channel] === this.channel) this.#settleRow(row);
    if (this.figures.missing > this.figures.told && this.channel === 'skip')
      this.#wrong(`${this.figures.missing} messages are missing, and ${this.figures.told} were told of`);
  }

  #settleRow({ producer, accepted, attempted, acceptedMs }: LedgerRow): void {
    const run = this.#runs.get(producer);
    if (run !== undefined && run.last > attempted)
      this.#wrong(`message ${run.last} of producer ${producer}, who tried only ${attempted}`);
    if (accepted === 0 || acceptedMs <= this.openedMs) return; // it may have been before us
    const last = run?.last ?? 0;
    if (this.channel === 'conflate') this.#settleKeys(producer, accepted, run);
    else if (last < accepted && !(this.channel === 'skip' && this.figures.told > 0))
      this.#wrong(`producer ${producer} posted ${accepted}, the last that came is ${last}`);
  }

  /** Of each key the newest must be there, if it is among what was surely posted to us. */
  #settleKeys(producer: number, accepted: number, run: Run | undefined): void {
    const since = run?.first ?? accepted;
    for (let sequence = Math.max(since, accepted - KEYS + 1); sequence <= accepted; sequence++) {
      const last = run?.lastOfKey?.[sequence % KEYS] ?? 0;
      if (last < sequence)
        this.#wrong(`key ${sequence % KEYS} of producer ${producer}: ${sequence} is missing`);
    }
  }

  /** Messages of one process of the hub never come from another. */
  #checkEpoch({ epoch }: Message): void {
    if (epoch === 0) return;
    this.#epoch ??= epoch;
    if (epoch !== this.#epoch) this.#wrong(`a message of epoch ${epoch} in one of ${this.#epoch}`);
  }

  #follow(message: Message): void {
    const { producer, sequence } = message;
    const run = this.#runs.get(producer);
    if (run === undefined) {
      this.#begin(message);
      return;
    }
    if (sequence <= run.last) {
      this.#wrong(`message ${sequence} of producer ${producer} behind its ${run.last}`);
      return;
    }
    this.#leftOut(run, message, sequence - run.last - 1);
    run.last = sequence;
    if (run.lastOfKey !== undefined) run.lastOfKey[sequence % KEYS] = sequence;
  }

  #begin(message: Message): void {
    const { producer, sequence, beforeMs } = message;
    const run: Run = { first: sequence, last: sequence, missing: 0, lastOfKey: undefined };
    if (this.channel === 'conflate') {
      run.lastOfKey = [];
      run.lastOfKey[sequence % KEYS] = sequence;
    }
    this.#runs.set(producer, run);
    // The one before was posted when this connection was open already.
    if (sequence > 1 && beforeMs > this.openedMs) this.#leftOut(run, message, 1);
  }

  #leftOut(run: Run, { producer, sequence }: Message, messages: number): void {
    if (messages === 0) return;
    run.missing += messages;
    this.figures.missing += messages;
    if (this.channel === 'lossless' || this.channel === 'cut')
      this.#wrong(`${messages} messages of producer ${producer} are missing before its ${sequence}`);
  }

  #wrong(what: string): void {
    if (this.violations.length < 20) this.violations.push(`${this.channel}: ${what}`);
  }
}
