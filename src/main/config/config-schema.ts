/** What may stand in a configuration file: the options of `createHub`, and where the log goes. Thread: any. */
import { encodeChannelName } from '../../shared/channel-name';
import {
  CHANNEL_NUMBERS,
  type ChannelOptions,
  HUB_NUMBERS,
  type HubOptions,
  RING_NUMBERS,
} from '../../shared/options';
import {
  both,
  bytes,
  type Check,
  contentOfFile,
  dictionary,
  existingFile,
  fileToWrite,
  object,
  oneOf,
  text,
  wholeNumber,
} from './checks';

/** A configuration file, checked, with absolute paths and the certificates read. */
export interface ConfigContent extends Omit<HubOptions, 'server'> {
  log?: { file?: string; levels?: string };
}

type NumberTable = Record<string, readonly [fallback: number, lowest: number, highest: number]>;

/** Numbers whose names end with `Bytes` may be written as sizes. */
function numbers(table: NumberTable): { [key: string]: Check } {
  return Object.fromEntries(
    Object.entries(table).map(([key, limits]) => [
      key,
      key.endsWith('Bytes') ? bytes(limits) : wholeNumber(limits),
    ]),
  );
}

const beginsWithSlash: Check = (value, at, report) => {
  if (!String(value).startsWith('/')) report.wrong(at, `is ${JSON.stringify(value)}: it must begin with '/'`);
  return value;
};

const powerOfTwo: Check = (value, at, report) => {
  if (Math.log2(Number(value)) % 1 !== 0) report.wrong(at, `is ${value}: it must be a power of two`);
  return value;
};

const channel = object({
  ...numbers(CHANNEL_NUMBERS),
  slow: oneOf(...(['disconnect', 'wait'] satisfies ChannelOptions['slow'][])),
  handler: existingFile,
});

export const checkConfig: Check = object({
  host: text,
  path: both(text, beginsWithSlash),
  ...numbers(HUB_NUMBERS),
  ring: object({
    ...numbers(RING_NUMBERS),
    laneBytes: both(bytes(RING_NUMBERS.laneBytes), powerOfTwo),
  }),
  channels: dictionary((name) => name === '*' || encodeChannelName(name), channel),
  tls: object({ key: contentOfFile, cert: contentOfFile, ca: contentOfFile, passphrase: text }),
  log: object({ file: fileToWrite, levels: text }),
});
