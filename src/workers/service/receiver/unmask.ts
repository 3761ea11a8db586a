/** Takes the mask off a payload, in place (RFC 6455 section 5.3). Thread: the service's. */

/** Below this many bytes the loop over words does not pay for its views. */
const WORDS_FROM_BYTES = 64;

const rotated = new Uint8Array(4);
/** The same four bytes as one word, in this machine's order. */
const rotatedWord = new Int32Array(rotated.buffer);

/**
 * @param bytes a piece of a frame's payload, at any alignment
 * @param mask the frame's four mask bytes, from `maskAt` on
 * @param position of the piece's first byte in the frame's payload: says where in the mask it begins
 */
export function unmask(bytes: Uint8Array, mask: Uint8Array, maskAt: number, position: number): void {
  if (bytes.length < WORDS_FROM_BYTES) {
    unmaskBytes(bytes, 0, bytes.length, mask, maskAt, position);
    return;
  }
  const toWord = -bytes.byteOffset & 3;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + toWord, (bytes.length - toWord) >>> 2);
  for (let i = 0; i < 4; i++) rotated[i] = mask[maskAt + ((position + toWord + i) & 3)];
  const [word] = rotatedWord;
  for (let i = 0; i < words.length; i++) words[i] ^= word;
  unmaskBytes(bytes, 0, toWord, mask, maskAt, position);
  unmaskBytes(bytes, toWord + words.byteLength, bytes.length, mask, maskAt, position);
}

function unmaskBytes(
  bytes: Uint8Array,
  from: number,
  to: number,
  mask: Uint8Array,
  maskAt: number,
  position: number,
): void {
  for (let at = from; at < to; at++) bytes[at] ^= mask[maskAt + ((position + at) & 3)];
}
