/** The text around the stamp of a message. */
import { TEXT_STAMP_BYTES } from './probe';

/** A piece of a message; a text is taken as it is. */
export type PayloadPiece = Buffer | 'stamp' | 'fill';

const PLACES = /\{\{(stamp|fill)\}\}/;

/**
 * Takes a template apart. One that has no place for the fill has it right behind the stamp, where the checksum covers it.
 *
 * @throws {RangeError} unless it has one place for the stamp, and no more than one for the fill
 */
export function piecesOf(template: string): PayloadPiece[] {
  const pieces = template.split(PLACES).flatMap((piece, at): PayloadPiece[] => {
    if (at % 2 === 1) return [piece as 'stamp' | 'fill'];
    return piece === '' ? [] : [Buffer.from(piece)];
  });
  const [stamps, fills] = [count(pieces, 'stamp'), count(pieces, 'fill')];
  if (stamps !== 1 || fills > 1)
    throw new RangeError(
      `must hold {{stamp}} once, by which messages are measured, and {{fill}} at most once: it has ${stamps} and ${fills}`,
    );
  if (fills === 0) pieces.splice(pieces.indexOf('stamp') + 1, 0, 'fill');
  return pieces;
}

/** Bytes of a message that are no fill: the smallest message. */
export function fixedBytesOf(pieces: PayloadPiece[], stampBytes = TEXT_STAMP_BYTES): number {
  return pieces.reduce((sum, piece) => {
    if (piece === 'fill') return sum;
    return sum + (piece === 'stamp' ? stampBytes : piece.length);
  }, 0);
}

function count(pieces: PayloadPiece[], wanted: PayloadPiece): number {
  return pieces.filter((piece) => piece === wanted).length;
}
