/**
 * The header of a frame from a peer, as far as it can be judged by itself (RFC 6455 section 5.2): what is wrong with it is
 * what ws finds wrong with it, with the same close codes.
 */
import { CloseCode } from '../../../shared/close-codes';
import { Opcode } from '../frame';

/** The longest header: flags and length, 64 more bits of length, mask. */
export const MAX_HEADER_BYTES = 14;
/** The part from which the header's own length is known. */
export const FIRST_HEADER_BYTES = 2;
export const MASK_BYTES = 4;

const FIN = 0x80;
const RSV1 = 0x40;
const RSV2_AND_3 = 0x30;
const MASKED = 0x80;
const MAX_CONTROL_BYTES = 125;

/** Why a frame is not taken, with the code to close with. */
export interface Fault {
  code: number;
  text: string;
}

export const isFinal = (first: number): boolean => (first & FIN) !== 0;
export const isCompressed = (first: number): boolean => (first & RSV1) !== 0;
export const opcodeOf = (first: number): number => first & 0x0f;
export const isControl = (opcode: number): boolean => opcode >= Opcode.CLOSE;

/**
 * Judges the first two bytes.
 *
 * @param inMessage whether a message has begun and is not complete
 * @param mayCompress whether the peer may send compressed messages
 */
export function faultOf(
  first: number,
  second: number,
  inMessage: boolean,
  mayCompress: boolean,
): Fault | undefined {
  const opcode = opcodeOf(first);
  if ((first & RSV2_AND_3) !== 0) return violation('RSV2 and RSV3 must be clear');
  if (isCompressed(first) && !(mayCompress && (opcode === Opcode.TEXT || opcode === Opcode.BINARY)))
    return violation('RSV1 must be clear');
  if (opcode === Opcode.CONTINUATION) {
    if (!inMessage) return violation('a continuation of no message');
  } else if (opcode === Opcode.TEXT || opcode === Opcode.BINARY) {
    if (inMessage) return violation(`opcode ${opcode} inside a fragmented message`);
  } else if (opcode >= Opcode.CLOSE && opcode <= Opcode.PONG) {
    const length = second & 0x7f;
    if (!isFinal(first)) return violation('a control frame in fragments');
    if (length > MAX_CONTROL_BYTES || (opcode === Opcode.CLOSE && length === 1))
      return violation(`a control frame with a length of ${length}`);
  } else {
    return violation(`opcode ${opcode}`);
  }
  return (second & MASKED) === 0 ? violation('MASK must be set') : undefined;
}

/** Bytes of the whole header, of which `second` is the second. */
export function headerBytes(second: number): number {
  const length = second & 0x7f;
  return FIRST_HEADER_BYTES + MASK_BYTES + (length === 127 ? 8 : length === 126 ? 2 : 0);
}

/** The payload's length. Lengths beyond 2^53 - 1 are not supported: `Infinity`. Like ws, it takes longer forms than need be. */
export function payloadBytes(header: Buffer): number {
  const length = header[1] & 0x7f;
  if (length === 126) return header.readUInt16BE(2);
  if (length < 126) return length;
  const high = header.readUInt32BE(2);
  return high >= 2 ** 21 ? Number.POSITIVE_INFINITY : high * 2 ** 32 + header.readUInt32BE(6);
}

export function violation(text: string): Fault {
  return { code: CloseCode.PROTOCOL_ERROR, text };
}
