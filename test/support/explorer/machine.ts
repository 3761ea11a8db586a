/**
 * Threads that are generators, stepped one by one by whoever searches. Each has an event loop: a queue of tasks that other
 * threads' acts put there. A step goes from one access to shared memory to the next.
 *
 * A thread's hash sums up all that it read: as its code is the same each time, two threads of equal hash are in the same
 * place with the same locals.
 */

export const ThreadState = { READY: 0, BLOCKED: 1, DONE: 2, DEAD: 3 } as const;
export type ThreadState = (typeof ThreadState)[keyof typeof ThreadState];

export type Steps<T = void> = Generator<number, T, unknown>;

interface Task {
  /** Tells tasks of different content apart. */
  mark: number;
  run: () => unknown;
}

/** Mixes two numbers of 32 bits; the two functions are independent of each other. */
export function mixA(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e37_79b1, 0x85eb_ca6b) ^ Math.imul(b + 0x27d4_eb2f, 0xc2b2_ae35);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b_3c6d);
  return h ^ (h >>> 13);
}

export function mixB(a: number, b: number): number {
  let h = Math.imul(a + 0x1656_67b1, 0xcc9e_2d51) ^ Math.imul(b ^ 0x5bd1_e995, 0x1b87_3593);
  h = Math.imul(h ^ (h >>> 16), 0x7feb_352d);
  return h ^ (h >>> 14);
}

/** One thread. */
export class SimThread {
  readonly id: number;
  readonly name: string;
  /** Whether the search may kill it. */
  readonly killable: boolean;
  /** The slot whose cursor it owns, if it is a service thread. */
  slot = -1;
  state: ThreadState = ThreadState.READY;
  steps: Steps;
  /** Called when it is killed. */
  onDeath: (() => void)[] = [];
  hashA = 1;
  hashB = 2;
  readonly #tasks: Task[] = [];

  constructor(id: number, name: string, killable: boolean, steps: Steps) {
    this.id = id;
    this.name = name;
    this.killable = killable;
    this.steps = steps;
  }

  /** Notes something that this thread has learnt, or done. */
  note(value: number): void {
    this.hashA = mixA(this.hashA, value);
    this.hashB = mixB(this.hashB, value);
  }

  /** All that this thread has learnt so far matters only in these values: forgets the rest. */
  sumUp(...values: number[]): void {
    this.hashA = 11;
    this.hashB = 12;
    for (const value of values) this.note(value);
  }

  /** Puts a task into the thread's queue. Any thread's act may. */
  enqueue(mark: number, run: () => unknown): void {
    this.#tasks.push({ mark, run });
    if (this.state === ThreadState.BLOCKED) this.state = ThreadState.READY;
  }

  /** Waits in the event loop for a task, and runs it. */
  *nextTask(): Steps {
    while (this.#tasks.length === 0) {
      this.state = ThreadState.BLOCKED;
      yield 0;
    }
    const { mark, run } = this.#tasks.shift() as Task;
    this.note(mark);
    const result = run();
    if (isSteps(result)) yield* result;
  }

  get idle(): boolean {
    return this.#tasks.length === 0;
  }

  /** A sum of the tasks that wait. */
  get queueHash(): number {
    let hash = this.#tasks.length;
    for (const { mark } of this.#tasks) hash = mixA(hash, mark);
    return hash;
  }
}

/** Steps of a function of the rewritten ring, whatever its type says; or its result, if it takes none. */
export function* stepsOf<T>(value: T): Steps<T> {
  return isSteps(value) ? ((yield* value) as T) : value;
}

export function isSteps(value: unknown): value is Steps<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    (value as Steps)[Symbol.toStringTag as never] === 'Generator'
  );
}

/** All threads of one run. */
export class Machine {
  threads: SimThread[] = [];
  #current: SimThread | undefined;
  /** What happens, in words, if somebody wants to read it. */
  trace: string[] | undefined;

  reset(): void {
    this.threads = [];
    this.#current = undefined;
  }

  get current(): SimThread {
    if (this.#current === undefined) throw new Error('no thread runs');
    return this.#current;
  }

  /** Whether code of the scene itself runs, before the threads do. */
  get preparing(): boolean {
    return this.#current === undefined;
  }

  /** Adds a thread; it begins when it is stepped for the first time. */
  spawn(name: string, body: (thread: SimThread) => Steps, { killable = false } = {}): SimThread {
    const begin = function* (): Steps {
      yield 0;
      yield* body(thread);
    };
    const thread: SimThread = new SimThread(this.threads.length, name, killable, begin());
    this.threads.push(thread);
    this.#current = thread;
    thread.steps.next();
    this.#current = undefined;
    return thread;
  }

  /** Lets `thread` do something before the run begins: all of it, at once. */
  as<T>(thread: SimThread, act: () => T): T {
    this.#current = thread;
    try {
      const result = act();
      if (!isSteps(result)) return result;
      for (;;) {
        const next = result.next();
        if (next.done === true) return next.value as T;
      }
    } finally {
      this.#current = undefined;
    }
  }

  /** Lets a thread do its next access, and what it does by itself up to the one after. */
  step(thread: SimThread): void {
    this.#current = thread;
    thread.note(1);
    if (thread.steps.next().done === true) thread.state = ThreadState.DONE;
  }

  /** Ends a thread where it stands: nothing of it happens any more, its `finally` blocks included. */
  kill(thread: SimThread): void {
    this.trace?.push(`${thread.name}: killed`);
    thread.state = ThreadState.DEAD;
    for (const tell of thread.onDeath) tell();
  }

  /** Never steps a thread again, and tells nobody. */
  pause(thread: SimThread): void {
    this.trace?.push(`${thread.name}: paused for ever`);
    thread.state = ThreadState.DEAD;
  }
}
