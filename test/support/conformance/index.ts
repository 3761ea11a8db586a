/** The conformance table: RFC 6455 and RFC 7692, frame sequence by frame sequence. It is data; `run-case.ts` tries it. */
import type { Category } from './case';
import { CLOSING } from './closing';
import { COMPRESSION } from './compression';
import { FRAMING, OPCODES, RESERVED_BITS } from './framing';
import { FRAGMENTATION, LIMITS, PINGS } from './messages';
import { UTF8 } from './text';

export { type Category, type ConformanceCase, inWrites, type Mode, type Outcome } from './case';
export { checkCase, type Server } from './run-case';

export const CONFORMANCE: Category[] = [
  FRAMING,
  RESERVED_BITS,
  OPCODES,
  PINGS,
  FRAGMENTATION,
  UTF8,
  CLOSING,
  LIMITS,
  COMPRESSION,
];
