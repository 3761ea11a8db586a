/** What may stand in a configuration file: the options of `createHub`, and where the log goes. Thread: any. */
import { encodeChannelName } from '../../shared/channel-name';
import {
  CHANNEL_NUMBERS,
  HUB_NUMBERS,
  type HubOptions,
  RECEIVE_MODES,
  RING_NUMBERS,
  SLOW_POLICIES,
  TLS_VERSIONS,
} from '../../shared/options';
import { logLevels, syslogAddress } from '../cli/arguments';
import { ADMISSION_CHECKS } from './admission-schema';
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
  trueOrFalse,
  wholeNumber,
} from './checks';

/** Where the log goes. */
export interface LogContent {
  file?: string;
  /** A mask. */
  levels?: number;
  /** true: the default address. */
  syslog?: string | true;
}

/** A configuration file, checked, with absolute paths and the certificates read. */
export interface ConfigContent extends Omit<HubOptions, 'logLevel'> {
  log?: LogContent;
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
  slow: oneOf(...SLOW_POLICIES),
  gapMessage: text,
  acknowledge: trueOrFalse,
  receive: oneOf(...RECEIVE_MODES),
  handler: existingFile,
});

/** `info`, `err,debug` or `[err, debug]`. */
const levels: Check = (value, at, report) => {
  try {
    return logLevels(Array.isArray(value) ? value.join(',') : String(value));
  } catch (error) {
    report.wrong(at, `is ${JSON.stringify(value)}: ${lowerFirst((error as Error).message)}`);
    return value;
  }
};

/** true, or an address. */
const syslog: Check = (value, at, report) => {
  try {
    if (value !== true) syslogAddress(String(value));
  } catch (error) {
    report.wrong(
      at,
      `is ${JSON.stringify(value)}: ${lowerFirst((error as Error).message)} Or true: the default`,
    );
  }
  return value;
};

function lowerFirst(text: string): string {
  return text[0].toLowerCase() + text.slice(1);
}

export const checkConfig: Check = object({
  host: text,
  path: both(text, beginsWithSlash),
  ...numbers(HUB_NUMBERS),
  ...ADMISSION_CHECKS,
  ring: object({
    ...numbers(RING_NUMBERS),
    laneBytes: both(bytes(RING_NUMBERS.laneBytes), powerOfTwo),
  }),
  channels: dictionary((name) => name === '*' || encodeChannelName(name), channel),
  tls: object({
    key: contentOfFile,
    cert: contentOfFile,
    ca: contentOfFile,
    passphrase: text,
    minVersion: oneOf(...TLS_VERSIONS),
  }),
  producers: object({ socket: fileToWrite }),
  log: object({ file: fileToWrite, levels, syslog }),
  // Of ringcast bench, which reads and checks it: no setting of a hub.
  bench: () => undefined,
});
