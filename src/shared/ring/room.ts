/**
 * Waiting for room in a lane, or for a channel's gate to open. The producer's side, and the service thread's side.
 *
 *     producer                                service thread (after it stored a cursor, opened a gate, …)
 *       s = load(SPACE)
 *       WAITING = 1                             if WAITING:
 *       try once more                              WAITING = 0
 *       wait(SPACE, s)                             SPACE += 1, notify
 *
 * Each order matters: `SPACE` read after `WAITING = 1` may sleep through the wake-up (model: `SPACE_LATE`), and so may a
 * producer that does not try again (`NO_SECOND_TRY`) or a service thread that adds first (`WAITING_FIRST_SPACE`).
 */
import { LaneWord, type RingMemory } from './layout';
import type { PostResult, RingProducer } from './producer';

/** A blocking wait is cut into slices of this length, so that no fault can make it longer than its deadline by more. */
const WAIT_SLICE_MS = 100;

/** One try to post. Answers `'full'` as long as waiting makes sense. */
export type Attempt = () => PostResult;

interface AsyncPost {
  attempt: Attempt;
  settle: (result: PostResult) => void;
  fail: (error: unknown) => void;
}

/** The producer's side. Thread: the producer's. */
export class RoomWaiter {
  readonly #ring: RingMemory;
  readonly #waitingWord: number;
  readonly #spaceWord: number;
  /** Posts that wait without blocking, first come first served within each queue (a queue per channel). */
  readonly #queues = new Map<unknown, AsyncPost[]>();
  #pending: Promise<unknown> | undefined;

  constructor(producer: RingProducer) {
    this.#ring = producer.ring;
    this.#waitingWord = producer.ring.laneWord(producer.lane, LaneWord.WAITING);
    this.#spaceWord = producer.ring.laneWord(producer.lane, LaneWord.SPACE);
  }

  /**
   * Tries until it succeeds, the ring closes, or the time is up. Blocks this thread.
   *
   * @returns `'full'` when the time is up
   */
  wait(attempt: Attempt, timeoutMs: number): PostResult {
    let result = attempt();
    if (result !== 'full') return result;
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const space = this.#announce();
      result = attempt(); // [model: wait.retry] the second try
      if (result !== 'full') return result;
      const left = deadline - performance.now();
      if (left <= 0) return 'full';
      Atomics.wait(this.#ring.words, this.#spaceWord, space, Math.min(left, WAIT_SLICE_MS)); // [model: wait.queue]
    }
  }

  /**
   * The same without blocking. Calls with the same `queue` are served in their order.
   *
   * A waiting call keeps this thread's event loop alive until its deadline.
   */
  waitAsync(queue: unknown, attempt: Attempt, timeoutMs: number): Promise<PostResult> {
    if (!this.#queues.has(queue)) {
      const result = attempt();
      if (result !== 'full') return Promise.resolve(result);
    }
    return new Promise((resolve, reject) => {
      const post: AsyncPost = {
        attempt,
        settle: (result) => {
          clearTimeout(timer);
          resolve(result);
        },
        fail: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      const timer = setTimeout(() => {
        this.#remove(queue, post);
        resolve('full');
        if (this.#queues.size > 0) this.#listen(); // a smaller one behind it may fit, and nobody will tell
      }, timeoutMs);
      const posts = this.#queues.get(queue);
      if (posts === undefined) this.#queues.set(queue, [post]);
      else posts.push(post);
      this.#listen();
    });
  }

  /** Gives every waiting asynchronous post another try: after a close of the producer, all are answered `'closed'`. */
  retry(): void {
    for (const [queue, posts] of this.#queues) {
      while (posts.length > 0) {
        if (!settled(posts[0])) break;
        posts.shift();
      }
      if (posts.length === 0) this.#queues.delete(queue);
    }
  }

  /** Leaves word that this lane waits. @returns the value of SPACE to wait on */
  #announce(): number {
    const { words } = this.#ring;
    const space = Atomics.load(words, this.#spaceWord); // [model: wait.space] before the announcement
    Atomics.store(words, this.#waitingWord, 1); // [model: wait.announce]
    return space;
  }

  /** Tries all queues, and sees to it that they are tried again when there may be room. */
  #listen(): void {
    const space = this.#announce();
    this.retry();
    // A pending wait cannot be taken back: one that is left over serves as well, for a notify wakes all that queue.
    if (this.#queues.size === 0 || this.#pending !== undefined) return;
    const wait = Atomics.waitAsync(this.#ring.words, this.#spaceWord, space); // [model: wait.queue]
    this.#pending = wait.async ? wait.value : Promise.resolve();
    void this.#pending.then(() => {
      this.#pending = undefined;
      if (this.#queues.size > 0) this.#listen();
    });
  }

  #remove(queue: unknown, post: AsyncPost): void {
    const posts = this.#queues.get(queue);
    if (posts === undefined) return;
    const left = posts.filter((other) => other !== post);
    if (left.length === 0) this.#queues.delete(queue);
    else this.#queues.set(queue, left);
  }
}

function settled(post: AsyncPost): boolean {
  try {
    const result = post.attempt();
    if (result === 'full') return false;
    post.settle(result);
  } catch (error) {
    post.fail(error);
  }
  return true;
}

/** Wakes the owner of `lane` if it waits. Thread: a service thread, after its store of a cursor. */
export function wakeIfWaiting(ring: RingMemory, lane: number): void {
  if (Atomics.load(ring.words, ring.laneWord(lane, LaneWord.WAITING)) !== 0) wakeLane(ring, lane); // [model: wake.check]
}

/** Wakes the owner of `lane`, whether or not it is known to wait: after a restart, or a close. Thread: any. */
export function wakeLane(ring: RingMemory, lane: number): void {
  const { words } = ring;
  Atomics.store(words, ring.laneWord(lane, LaneWord.WAITING), 0); // [model: wake.clear] first (`WAITING_FIRST_SPACE`)
  const space = ring.laneWord(lane, LaneWord.SPACE);
  Atomics.add(words, space, 1); // [model: wake.add]
  Atomics.notify(words, space); // [model: wake.notify]
}

/** The waiting check on every lane. Thread: a service thread, after join, leave, or opening a gate. */
export function wakeAllWaiting(ring: RingMemory): void {
  for (let lane = 0; lane < ring.maxProducers; lane++) wakeIfWaiting(ring, lane);
}
