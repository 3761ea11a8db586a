/**
 * What was posted and what was taken, and whether that is what the ring promises (DESIGN, guarantees):
 *
 * - a post that returned before another began goes out before it; so each producer's records keep their order
 * - what returned `'posted'` is taken, once, whole, and attributed to its owner; what was refused is not
 * - a killed thread's last record is taken whole, once, or not at all
 * - after a close has returned every post answers `'closed'`, and before one begins none does
 */
import type { PostResult, RingMemory, RingRecord } from '../../../src/shared/ring';
import { LaneWord } from '../../../src/shared/ring/layout';
import { Finding } from './finding';
import { mixA, type Steps } from './machine';

interface Post {
  id: number;
  bytes: number;
  tag: number;
  begun: boolean;
  result: PostResult | undefined;
  /** Posts that had returned `'posted'` when this one began, a bit each. */
  before: number;
  /** Slots whose join had returned when this one began, a bit each. */
  joined: number;
}

export class History {
  readonly #ring: RingMemory;
  readonly #posts: Post[] = [];
  /** By slot: what its threads took, a bit for each post. */
  readonly #taken: number[] = new Array(8).fill(0);
  /** What the present thread of the slot took. */
  readonly #takenByPresent: number[] = new Array(8).fill(0);
  #joiners = 0;
  #joined = 0;
  #returned = 0;
  #closeBegun = false;
  #closeReturned = false;
  hash = 0;

  constructor(ring: RingMemory) {
    this.#ring = ring;
  }

  /** A post that some thread is going to do. @returns its id, which is its ticket and fills its payload */
  expect(bytes: number): number {
    const id = this.#posts.length + 1;
    this.#posts.push({ id, bytes, tag: 0, begun: false, result: undefined, before: 0, joined: 0 });
    return id;
  }

  payloadOf(id: number): Uint8Array {
    return new Uint8Array(this.#posts[id - 1].bytes).fill(id);
  }

  /** The post begins: a moment of its own. */
  *begin(id: number, tag: number): Steps {
    yield 0;
    const post = this.#posts[id - 1];
    Object.assign(post, { begun: true, tag, before: this.#returned, joined: this.#joined });
    this.#mark(mixA(id, mixA(this.#returned, this.#joined)));
    if (this.#closeReturned) this.#mark(mixA(99, id));
    (post as Post & { late?: boolean }).late = this.#closeReturned;
  }

  end(id: number, result: PostResult): void {
    const post = this.#posts[id - 1] as Post & { late?: boolean };
    post.result = result;
    if (post.late === true && result !== 'closed')
      throw new Finding(`post ${id} began after the close, and is ${result}`);
    if (result === 'closed' && !this.#closeBegun)
      throw new Finding(`post ${id} is 'closed' though nobody closed`);
    if (result === 'posted') this.#returned |= 1 << id;
    this.#mark(mixA(50 + id, result.length));
  }

  closeBegins(): void {
    this.#closeBegun = true;
    this.#mark(101);
  }

  closeReturned(): void {
    this.#closeReturned = true;
    this.#mark(102);
  }

  /** A further service thread joins: it need not see what was posted before it had. */
  joins(slot: number): void {
    this.#joiners |= 1 << slot;
  }

  joinReturned(slot: number): void {
    this.#joined |= 1 << slot;
    this.#mark(110 + slot);
  }

  /** Another thread takes over the slot: what was not stored as read may come again. */
  tookOver(slot: number): void {
    this.#takenByPresent[slot] = 0;
  }

  taken(slot: number, record: RingRecord, payload: number[]): void {
    const post = this.#posts[record.ticket - 1];
    if (post === undefined || !post.begun)
      throw new Finding(`invented: a record with ticket ${record.ticket}`);
    const { id } = post;
    if (payload.length !== post.bytes || payload.some((byte) => byte !== id))
      throw new Finding(`torn: post ${id}`);
    if (post.result === 'full' || post.result === 'closed')
      throw new Finding(`post ${id} answered ${post.result}, and was taken`);
    const tag = this.#ring.words[this.#ring.laneWord(record.lane, LaneWord.OWNER)] >>> 2;
    if (post.tag !== 0 && tag !== post.tag)
      throw new Finding(`post ${id} of producer ${post.tag} is attributed to ${tag}`);
    this.#checkOrder(slot, post);
    this.#taken[slot] |= 1 << id;
    this.#takenByPresent[slot] |= 1 << id;
  }

  #checkOrder(slot: number, { id, before }: Post): void {
    if ((this.#takenByPresent[slot] & (1 << id)) !== 0) throw new Finding(`twice: post ${id}`);
    const missing = before & ~this.#taken[slot];
    if (missing !== 0 && (this.#joiners & (1 << slot)) === 0)
      throw new Finding(
        `post ${id} was taken before post ${31 - Math.clz32(missing)}, which had returned when it began`,
      );
    for (const other of this.#posts)
      if ((this.#takenByPresent[slot] & (1 << other.id)) !== 0 && (other.before & (1 << id)) !== 0)
        throw new Finding(`post ${id} was taken after post ${other.id}, which began when it had returned`);
  }

  /** All that was taken in a slot, as one number. */
  sumOf(slot: number): number {
    return mixA(this.#taken[slot], this.#takenByPresent[slot]);
  }

  /** At the end of all: nothing is lost. */
  finish(slots: number[]): void {
    for (const slot of slots) {
      const taken = this.#taken[slot];
      for (const post of this.#posts) {
        const { id } = post;
        if ((taken & (1 << id)) !== 0) {
          if (post.result === 'closed' || post.result === 'full')
            throw new Finding(`post ${id} answered ${post.result}, and was taken`);
        } else if (post.result === 'posted') this.#checkUntaken(slot, post);
      }
    }
  }

  #checkUntaken(slot: number, { id, before, joined }: Post): void {
    if ((this.#joiners & (1 << slot)) === 0) throw new Finding(`lost: post ${id}`);
    if ((joined & (1 << slot)) !== 0)
      throw new Finding(`lost: post ${id}, which began after service thread ${slot} had joined`);
    const earlier = before & this.#taken[slot];
    if (earlier !== 0)
      throw new Finding(
        `a gap: service thread ${slot} saw post ${31 - Math.clz32(earlier)}, and not the later post ${id}`,
      );
  }

  #mark(value: number): void {
    this.hash = (this.hash + mixA(value, 77)) | 0; // moments of different threads have no order but what they note
  }
}
