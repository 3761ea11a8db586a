/** The close of a connection, as a request carries it. Pure. */
import { isSendableCloseCode, MAX_CLOSE_REASON_BYTES } from '../shared/close-codes';

/**
 * @returns the code in two bytes, and the reason
 * @throws {RangeError} for a code that may not be sent, or a reason that is too long
 * @throws {TypeError} for a reason that is no string
 */
export function closeRequestOf(code: number, reason: string): Uint8Array {
  if (!isSendableCloseCode(code))
    throw new RangeError(`close code is ${code}: it must be 1000 to 1014 (not 1004 to 1006) or 3000 to 4999`);
  if (typeof reason !== 'string')
    throw new TypeError(`close reason is ${typeof reason}: it must be a string`);
  const text = Buffer.from(reason, 'utf8');
  if (text.length > MAX_CLOSE_REASON_BYTES)
    throw new RangeError(`close reason of ${text.length} bytes: the longest is ${MAX_CLOSE_REASON_BYTES}`);
  return Buffer.concat([Buffer.from([code >> 8, code & 0xff]), text]);
}
