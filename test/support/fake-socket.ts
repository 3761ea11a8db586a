/** A peer's socket without a network: the test says when a write goes on, is done, or fails. */
import type { PeerSocket } from '../../src/workers/service/peer-socket';
import { type Frame, readFrames } from './frames';

export class FakeSocket implements PeerSocket {
  readonly remoteAddress = '192.0.2.1';
  /** Every write as it was handed over: the very objects. */
  readonly writes: Uint8Array[] = [];
  /** The bytes of the writes that are done. */
  readonly taken: Buffer[] = [];
  unsentBytes: number | undefined;
  reading = true;
  closedWith: { code: number; reason: string } | undefined;
  terminated = false;
  /** Whether nothing that the peer sends is looked at any more. */
  expelled = false;
  /** How often it let others have their turn. */
  gaveWay = 0;
  #underway: { bytes: Uint8Array; copy: Buffer; done: (failed: boolean) => void } | undefined;

  get busy(): boolean {
    return this.#underway !== undefined;
  }

  /** Told to end, one way or the other. */
  get over(): boolean {
    return this.terminated || this.closedWith !== undefined;
  }

  write(bytes: Uint8Array, done: (failed: boolean) => void, behind?: Uint8Array): void {
    if (this.#underway !== undefined) throw new Error('a second write while one is under way');
    if (this.over) throw new Error('a write after the end');
    if (bytes.length === 0) throw new Error('an empty write');
    this.writes.push(bytes);
    const copy = Buffer.concat([bytes, behind ?? Buffer.alloc(0)]);
    this.#underway = { bytes, copy, done };
    this.unsentBytes = copy.length;
  }

  /** The operating system took the rest of the write under way. */
  complete(): boolean {
    const write = this.#underway;
    if (write === undefined) return false;
    if (!write.copy.subarray(0, write.bytes.length).equals(write.bytes))
      throw new Error('the bytes changed while they were being written');
    this.#underway = undefined;
    this.unsentBytes = 0;
    if (!this.over) this.taken.push(write.copy);
    write.done(false);
    return true;
  }

  fail(): void {
    const write = this.#underway;
    this.#underway = undefined;
    write?.done(true);
  }

  close(code: number, reason: string): void {
    if (this.over) throw new Error('a close after the end');
    this.closedWith = { code, reason };
  }

  expel(code: number, reason: string): void {
    this.close(code, reason);
    this.expelled = true;
  }

  terminate(): void {
    this.terminated = true;
  }

  giveWay(): void {
    this.gaveWay++;
  }

  pause(): void {
    if (!this.reading) throw new Error('paused twice');
    this.reading = false;
  }

  resume(): void {
    if (this.reading) throw new Error('resumed twice');
    this.reading = true;
  }

  /** All that is taken, frame by frame. */
  get frames(): Frame[] {
    return readFrames(Buffer.concat(this.taken));
  }

  /** All that is taken but pings, fragments too: text frames as they are, continuations with a `+`, what is not final with a `…`. */
  get fragments(): string[] {
    const frames = readFrames(Buffer.concat(this.taken), { fragments: true }).filter(isNoPing);
    return frames.map(
      ({ opcode, payload, final }) => `${opcode === 0 ? '+' : ''}${payload}${final ? '' : '…'}`,
    );
  }

  /** The payloads of all that is taken, as text; but for pings. */
  get texts(): string[] {
    return this.frames.filter(isNoPing).map(({ payload }) => payload.toString());
  }

  /** What the pings carry that are taken. */
  get pings(): Buffer[] {
    return readFrames(Buffer.concat(this.taken), { fragments: true })
      .filter((frame) => !isNoPing(frame))
      .map(({ payload }) => payload);
  }
}

function isNoPing({ opcode }: Frame): boolean {
  return opcode !== 9;
}
