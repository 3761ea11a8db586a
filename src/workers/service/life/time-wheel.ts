/**
 * When which item is to be looked at next: slots of time that come round, an item in one of them. To put an item elsewhere costs
 * the same however many there are, and a go touches only those whose time has come.
 *
 * Thread: the service's.
 */

const SLOTS = 512;

/** An item has its place in the wheel with itself. */
export interface WheelItem {
  /** When it is due; `Infinity`: it is in no wheel. */
  dueMs: number;
  /** Where the wheel keeps it. */
  slot: number;
  index: number;
}

export class TimeWheel<T extends WheelItem> {
  readonly #slots: T[][] = Array.from({ length: SLOTS }, () => []);
  readonly #slotMs: number;
  /** Number of the slot that is next, counted from the clock's beginning. */
  #next: number;
  #size = 0;

  constructor(slotMs: number, nowMs: number) {
    this.#slotMs = slotMs;
    this.#next = Math.floor(nowMs / slotMs);
  }

  get size(): number {
    return this.#size;
  }

  /** Puts the item where it is due, wherever it was before. */
  schedule(item: T, dueMs: number): void {
    this.remove(item);
    item.dueMs = dueMs;
    // What is due later than one round passes its slot, and stays.
    item.slot = Math.max(this.#next, Math.ceil(dueMs / this.#slotMs)) % SLOTS;
    item.index = this.#slots[item.slot].push(item) - 1;
    this.#size++;
  }

  remove(item: T): void {
    if (item.dueMs === Number.POSITIVE_INFINITY) return;
    const slot = this.#slots[item.slot];
    const last = slot.pop() as T;
    if (last !== item) {
      slot[item.index] = last;
      last.index = item.index;
    }
    item.dueMs = Number.POSITIVE_INFINITY;
    this.#size--;
  }

  /** Takes out all that is due, and calls `due` for each: it may put items in, and take others out. */
  go(nowMs: number, due: (item: T) => void): void {
    const end = Math.floor(nowMs / this.#slotMs);
    // One round at the most: whatever is due is found in it.
    for (let number = Math.max(this.#next, end - SLOTS + 1); number <= end; number++) {
      this.#next = number + 1;
      for (const item of this.#slots[number % SLOTS].slice()) {
        if (item.dueMs > nowMs) continue; // of a later round, or taken out meanwhile
        this.remove(item);
        due(item);
      }
    }
  }
}
