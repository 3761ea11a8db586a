/**
 * CRC-32 by our table against zlib's with the view that it needs, by length: nanoseconds for each. Says up to where the table
 * is the faster of the two (`TABLE_UP_TO_BYTES`).
 *
 *     npm run bench:checksum
 */
import { crc32 as nativeCrc32 } from 'node:zlib';
import { crc32 } from '../src/shared/load/crc32';
import { median } from './support/rig';

const LENGTHS = [16, 32, 64, 96, 128, 192, 256, 320, 384, 512, 1_024];
const ROUNDS = 9;
const CALLS = 200_000;

const bytes = Buffer.alloc(4_096, 'the quick brown fox');
let sum = 0;

function nanosecondsEach(checksum: (from: number) => number): number {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const start = process.hrtime.bigint();
    for (let call = 0; call < CALLS; call++) sum ^= checksum(call & 1_023);
    return Number(process.hrtime.bigint() - start) / CALLS;
  });
  return median(rounds);
}

console.log('bytes   ours    zlib   (ns; ours is zlib, too, from TABLE_UP_TO_BYTES on)');
for (const length of LENGTHS) {
  const ours = nanosecondsEach((from) => crc32(bytes, from, from + length));
  const zlib = nanosecondsEach((from) => nativeCrc32(bytes.subarray(from, from + length)) | 0);
  console.log(`${String(length).padStart(5)} ${ours.toFixed(0).padStart(6)} ${zlib.toFixed(0).padStart(7)}`);
}
process.exitCode = sum === 0.5 ? 1 : 0; // used, so that no call is left out
