/**
 * What the application is to be told, on credits: batches go out freely until `highWaterBytes` are not taken yet; from
 * then on the peers that send more are not read further, so that no queue grows.
 *
 * Thread: the service's.
 */
import type { ConnectionSummary, FragmentInfo, InboundBatch, InboundEvent } from '../../shared/inbound';

/** What an event costs beside its bytes: about what it takes in memory on its way. */
const EVENT_COST = 256;

export class ApplicationOutbox {
  readonly #send: (batch: InboundBatch) => void;
  readonly #highWaterBytes: number;
  readonly #onRelief: () => void;
  #events: InboundEvent[] = [];
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #cost = 0;
  /** Cost of what was sent and is not taken yet. */
  #outstanding = 0;

  /**
   * @param send must transfer `batch.bytes`
   * @param onRelief called when the application has caught up: go on reading
   */
  constructor(send: (batch: InboundBatch) => void, highWaterBytes: number, onRelief: () => void) {
    this.#send = send;
    this.#highWaterBytes = highWaterBytes;
    this.#onRelief = onRelief;
  }

  /** Whether peers that send should not be read further. */
  get full(): boolean {
    return this.#outstanding + this.#cost >= this.#highWaterBytes;
  }

  /** Whether not even another connection should be taken: the application has not even taken the events. */
  get overfull(): boolean {
    return this.#outstanding + this.#cost >= this.#highWaterBytes * 2;
  }

  tell(event: InboundEvent): void {
    this.#events.push(event);
    this.#cost += EVENT_COST;
  }

  tellMessage(info: ConnectionSummary, data: Uint8Array, text: boolean): void {
    this.#events.push({ type: 'message', info, text, offset: this.#bytes, length: data.length });
    this.#add(data);
  }

  tellFragment(info: ConnectionSummary, bytes: Uint8Array, fragment: FragmentInfo): void {
    this.#events.push({ type: 'fragment', info, fragment, offset: this.#bytes, length: bytes.length });
    this.#add(bytes);
  }

  #add(data: Uint8Array): void {
    this.#chunks.push(data);
    this.#bytes += data.length;
    this.#cost += EVENT_COST + data.length;
  }

  /** Sends what has gathered, as one batch. */
  flush(): void {
    if (this.#events.length === 0) return;
    const bytes = new Uint8Array(this.#bytes);
    let offset = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, offset);
      offset += chunk.length;
    }
    const batch: InboundBatch = { events: this.#events, bytes: bytes.buffer, cost: this.#cost };
    this.#outstanding += this.#cost;
    this.#events = [];
    this.#chunks = [];
    this.#bytes = 0;
    this.#cost = 0;
    this.#send(batch);
  }

  /** The application took a batch. */
  credit(cost: number): void {
    this.#outstanding -= cost;
    if (this.#outstanding <= this.#highWaterBytes / 2) this.#onRelief();
  }
}
