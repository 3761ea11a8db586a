/** What the model of an engine knows of messages and peers. */
import type { Peer } from './engine-world';
import type { Frame, FrameReader } from './frames';

export interface Item {
  payload: Buffer;
  opcode: number;
  /** undefined: for one peer alone. */
  channel: string | undefined;
  key: string | undefined;
  ticket: number;
  addressed: number;
  sent: number;
}

/** A message that is sent in fragments: its payload grows until it is complete. */
export interface Unfinished {
  number: number;
  peer: ModelPeer;
  by: number;
  /** Whether its first fragment, and its last one, have come out of the ring. */
  begun: boolean;
  complete: boolean;
  /** Whether its last fragment is posted. */
  ended: boolean;
}

export interface ModelPeer extends Peer {
  home: string;
  channels: Set<string>;
  expected: number[];
  received: number[];
  /** Messages that it was told to have missed, by channel. */
  told: Map<string, number>;
  /** The last message of each time that it had a channel which goes on behind it without this peer. */
  lastOfTimes: { channel: string; number: number; posted: number | undefined }[];
  reader: FrameReader;
  /** How many of the socket's completed writes are read. */
  readWrites: number;
  /** The message whose fragments are coming. */
  open: Frame | undefined;
  /** Messages that were for it and are dropped: nobody can finish them. */
  dropped: number;
  /** Was asked to be disconnected: it gets what it has by then, and no more. */
  finishing: boolean;
  /** The socket was told to end, or ended by itself. */
  closed: boolean;
  ended: boolean;
  stuck: boolean;
  /** What the pings carried that it got and did not answer. */
  pings: Buffer[];
}

/** A data frame with what came of its message before (RFC 6455 section 5.4). */
export function joined(open: Frame | undefined, { opcode, payload, final }: Frame): Frame {
  if ((opcode === 0) !== (open !== undefined))
    throw new Error(`opcode ${opcode}, ${open ? '' : 'not '}in a message`);
  if (open === undefined) return { opcode, payload, final };
  return { opcode: open.opcode, payload: Buffer.concat([open.payload, payload]), final };
}
