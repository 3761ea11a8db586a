/** States that were explored, each with the most preemptions that were left there. Open addressing, 64-bit keys: no garbage. */

const FIRST_BITS = 16;
/** It grows when it is fuller than this. */
const FULLEST = 0.6;

export class StateTable {
  #bits = FIRST_BITS;
  #keysA = new Int32Array(2 ** FIRST_BITS);
  #keysB = new Int32Array(2 ** FIRST_BITS);
  /** Preemptions left, plus one; 0: the place is free. */
  #left = new Uint8Array(2 ** FIRST_BITS);
  size = 0;

  /** Notes the state. @returns whether it was noted before with at least as many preemptions left */
  covers(a: number, b: number, left: number): boolean {
    let at = this.#placeOf(a, b);
    if (this.#left[at] > left) return true;
    if (this.#left[at] === 0) {
      if (++this.size > FULLEST * this.#left.length) {
        this.#grow();
        at = this.#placeOf(a, b);
      }
      this.#keysA[at] = a;
      this.#keysB[at] = b;
    }
    this.#left[at] = left + 1;
    return false;
  }

  #placeOf(a: number, b: number): number {
    const mask = 2 ** this.#bits - 1;
    let at = a & mask;
    while (this.#left[at] !== 0 && (this.#keysA[at] !== a || this.#keysB[at] !== b)) at = (at + 1) & mask;
    return at;
  }

  #grow(): void {
    const [keysA, keysB, left] = [this.#keysA, this.#keysB, this.#left];
    const length = 2 ** ++this.#bits;
    this.#keysA = new Int32Array(length);
    this.#keysB = new Int32Array(length);
    this.#left = new Uint8Array(length);
    for (let from = 0; from < left.length; from++) {
      if (left[from] === 0) continue;
      const at = this.#placeOf(keysA[from], keysB[from]);
      this.#keysA[at] = keysA[from];
      this.#keysB[at] = keysB[from];
      this.#left[at] = left[from];
    }
  }
}
