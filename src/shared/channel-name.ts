/** Channel names: what one may look like, and which ones a hub allows. */
import { MAX_NAME_BYTES } from './ring/record';
import { shown } from './shown';

/** The channel of a peer that names none, by path or subprotocol. */
export const DEFAULT_CHANNEL = 'default';

/** In `HubOptions.channels`: stands for every name that is not listed. */
export const ANY_OTHER_CHANNEL = '*';

/** Which channel names a hub allows. Plain data: it travels in the producer's handle. */
export interface AllowedChannels {
  /** The names that the options list; undefined: the options list none, so every name is allowed. */
  names?: string[];
  /** Whether names that are not listed are allowed too. */
  others: boolean;
}

/**
 * A channel's name as UTF-8.
 *
 * @throws {TypeError} if it is not a string
 * @throws {RangeError} if it is empty or longer than 255 bytes, or `'*'`, which stands for every other name
 */
export function encodeChannelName(name: string): Uint8Array {
  if (typeof name !== 'string') throw new TypeError(`channel is ${shown(name)}: it must be a string`);
  const bytes = Buffer.from(name, 'utf8');
  if (bytes.length === 0 || bytes.length > MAX_NAME_BYTES) {
    throw new RangeError(
      `channel name of ${bytes.length} bytes (${JSON.stringify(name.slice(0, 40))}): it must have 1 to ${MAX_NAME_BYTES}`,
    );
  }
  if (name === ANY_OTHER_CHANNEL)
    throw new RangeError(`'*' is not a channel: in the options it stands for every other name`);
  return bytes;
}

export function isChannelAllowed(allowed: AllowedChannels, name: string): boolean {
  return allowed.others || (allowed.names?.includes(name) ?? true);
}
