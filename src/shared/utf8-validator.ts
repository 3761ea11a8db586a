/**
 * Whether bytes that come piece by piece are UTF-8: a character may lie across any number of pieces. Keeps at most three
 * bytes between two pieces. Thread: any, one at a time.
 */
import { isUtf8 } from 'node:buffer';

const LONGEST_CHARACTER = 4;

export class Utf8Validator {
  /** The beginning of a character whose rest has not come. */
  readonly #character = new Uint8Array(LONGEST_CHARACTER);
  #have = 0;
  #need = 0;

  /** Whether what was pushed so far ends with a whole character. */
  get complete(): boolean {
    return this.#have === 0;
  }

  /** @returns false if the bytes so far cannot be UTF-8, whatever follows; then it is of no more use until `reset` */
  push(bytes: Uint8Array): boolean {
    const from = this.#finishCharacter(bytes);
    if (from === -1) return false;
    const unfinished = unfinishedBytes(bytes, from);
    const end = bytes.length - unfinished;
    if (!isUtf8(bytes.subarray(from, end))) return false;
    if (unfinished > 0) this.#begin(bytes.subarray(end));
    return true;
  }

  reset(): void {
    this.#have = 0;
  }

  /** @returns the index behind what belongs to the character begun before; -1 if that is none */
  #finishCharacter(bytes: Uint8Array): number {
    let at = 0;
    while (this.#have > 0 && at < bytes.length) {
      this.#character[this.#have++] = bytes[at++];
      if (this.#have < this.#need) continue;
      this.#have = 0;
      if (!isUtf8(this.#character.subarray(0, this.#need))) return -1;
    }
    return at;
  }

  #begin(bytes: Uint8Array): void {
    this.#character.set(bytes);
    this.#have = bytes.length;
    this.#need = characterBytes(bytes[0]);
  }
}

/** Bytes of a character that begins with `lead`; 0: none does. */
function characterBytes(lead: number): number {
  if (lead < 0xc2 || lead > 0xf4) return lead < 0x80 ? 1 : 0;
  if (lead >= 0xf0) return 4;
  return lead >= 0xe0 ? 3 : 2;
}

/** How many bytes at the end begin a character that does not end there. */
function unfinishedBytes(bytes: Uint8Array, from: number): number {
  const most = Math.min(LONGEST_CHARACTER - 1, bytes.length - from);
  for (let back = 1; back <= most; back++) {
    const byte = bytes[bytes.length - back];
    if ((byte & 0xc0) === 0x80) continue; // not a character's first byte
    return characterBytes(byte) > back ? back : 0;
  }
  return 0;
}
