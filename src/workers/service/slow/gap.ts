/**
 * What a peer, its handler and the application are told of messages that a slow peer does not get.
 *
 * Thread: the service's.
 */
import type { GapReport } from '../../../shared/inbound';
import { encodeFrame, Opcode } from '../frame';

/** Messages that a peer has not got. */
export interface GapCount {
  skipped: number;
  conflated: number;
}

/** A channel's gap message for a peer: a text frame. */
export function encodeGap(template: string, channel: string, { skipped, conflated }: GapCount): Buffer {
  const values: Record<string, string> = {
    channel: JSON.stringify(channel).slice(1, -1), // it stands within quotes, most often
    skipped: String(skipped),
    conflated: String(conflated),
    missed: String(skipped + conflated),
  };
  const text = template.replace(/\{(channel|skipped|conflated|missed)\}/g, (_, name: string) => values[name]);
  return encodeFrame(Opcode.TEXT, Buffer.from(text, 'utf8'));
}

/** One time of being slow, from a limit passed to caught up: told of at its beginning and at its end, and not in between. */
export class Episode implements GapCount {
  skipped = 0;
  conflated = 0;
  over = false;
  #begun = false;
  readonly #channel: string;

  constructor(channel: string) {
    this.#channel = channel;
  }

  /** @returns what is to be told now, if anything is; one that was over before it was told of is told of once */
  tell(): GapReport | undefined {
    if (this.#begun && !this.over) return undefined;
    this.#begun = true;
    const { skipped, conflated, over } = this;
    return { channel: this.#channel, skipped, conflated, over };
  }
}
