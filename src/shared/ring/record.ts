/**
 * A record: a message as it lies in a lane.
 *
 *      word 0      payload bytes
 *      word 1      kind (bits 0–7) · name bytes (8–15) · key bytes (16–31)
 *      word 2, 3   stamp, 64 bits, low word first
 *      word 4      channel number; of the FRAGMENT kinds, the message's number among its producer's
 *      word 5      ticket; 0: none
 *      word 6, 7   connection id, 53 bits, low word first; 0: none
 *      then        name · key · payload, and up to 7 bytes to the next multiple of 8
 *
 * A padding record has only words 0 and 1: it may be 8 bytes long, and word 0 counts all its bytes.
 */

/** What a record asks of the service. The ring itself knows only PADDING. */
export const RecordKind = {
  PADDING: 0,
  TEXT: 1,
  BINARY: 2,
  /** To one connection, behind what its channels had before. */
  SEND_TEXT: 3,
  SEND_BINARY: 4,
  /** The first fragment of a message to one connection: it stands for the message. The others are below. */
  FRAGMENT_TEXT: 5,
  FRAGMENT_BINARY: 6,
  /** Kinds from here on are not counted as posted or drained: they carry no message of their own. */
  CONTROL: 0x80,
  SUBSCRIBE: 0x81,
  UNSUBSCRIBE: 0x82,
  DISCONNECT: 0x83,
  FRAGMENT_NEXT: 0x84,
  FRAGMENT_LAST: 0x85,
  /** To read from a connection no further, and to go on. */
  PAUSE: 0x86,
  RESUME: 0x87,
} as const;
export type RecordKind = (typeof RecordKind)[keyof typeof RecordKind];

const KNOWN = new Uint8Array(256);
for (const kind of Object.values(RecordKind)) if (kind !== RecordKind.CONTROL) KNOWN[kind] = 1;

/** Whether a byte that lies in a lane is a kind of record at all. */
export function isRecordKind(byte: number): boolean {
  return KNOWN[byte] === 1;
}

export const HEADER_BYTES = 32;
export const HEADER_WORDS = HEADER_BYTES / 4;

/** Longest channel name inside a record, in bytes. */
export const MAX_NAME_BYTES = 255;
/** Longest conflation key, in bytes. */
export const MAX_KEY_BYTES = 255;

/** The channel number of a record that carries its channel's name instead. */
export const CHANNEL_BY_NAME = -1;

/** Bytes that a record takes in its lane: header and content, up to a multiple of 8. */
export function recordBytes(contentBytes: number): number {
  return (HEADER_BYTES + contentBytes + 7) & ~7;
}

/**
 * The largest record of a lane.
 *
 * A record never straddles the lane's end: the padding before it may be as long as the record less 8 bytes, and both
 * must fit an empty lane wherever its tail stands. (Model: `MAXL=2 CAP=2` of the safety model never fits.)
 */
export function maxRecordBytes(laneBytes: number): number {
  return laneBytes >>> 1;
}
