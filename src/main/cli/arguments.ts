/** Reads the values of flags. What is wrong is told with the value and what is allowed. */
import { InvalidArgumentError } from 'commander';
import { isAddressRange } from '../../shared/address-range';
import { LOG_LEVEL_NAMES, type LogLevels, levelMask } from '../../shared/log';
import { canonicalOrigin } from '../../shared/origin';
import { parseSyslogAddress } from '../log/syslog-address';

const UNITS: { [unit: string]: number } = {
  '': 1,
  b: 1,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
};

/** @returns a reader of whole numbers from `lowest` to `highest` */
export function wholeNumber(lowest: number, highest: number): (text: string) => number {
  const limits = highest === Number.MAX_SAFE_INTEGER ? `${lowest} or more` : `from ${lowest} to ${highest}`;
  return (text) => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || number < lowest || number > highest) {
      throw new InvalidArgumentError(`It must be a whole number, ${limits}.`);
    }
    return number;
  };
}

/** A number of seconds, fractions too. */
export function seconds(text: string): number {
  const number = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || number <= 0 || number > 2_147_483) {
    throw new InvalidArgumentError('It must be a number of seconds above 0, such as 10 or 0.5.');
  }
  return number;
}

/** @returns a reader of sizes such as `65536`, `64KiB` or `1MiB`, from `lowest` to `highest` bytes */
export function size(lowest: number, highest: number): (text: string) => number {
  return (text) => {
    const match = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(text.trim());
    const unit = UNITS[match?.[2].toLowerCase() ?? '?'];
    if (match === null || unit === undefined) {
      throw new InvalidArgumentError('It must be a size such as 65536, 64KiB or 1MiB.');
    }
    const bytes = Number(match[1]) * unit;
    if (!Number.isInteger(bytes) || bytes < lowest || bytes > highest) {
      throw new InvalidArgumentError(`It must be from ${lowest} to ${highest} bytes.`);
    }
    return bytes;
  };
}

/** Like `size`, for powers of two only. */
export function powerOfTwo(lowest: number, highest: number): (text: string) => number {
  const read = size(lowest, highest);
  return (text) => {
    const bytes = read(text);
    if (Math.log2(bytes) % 1 !== 0) {
      const [below, above] = [2 ** Math.floor(Math.log2(bytes)), 2 ** Math.ceil(Math.log2(bytes))];
      throw new InvalidArgumentError(`It must be a power of two, such as ${below} or ${above}.`);
    }
    return bytes;
  };
}

/** Gathers the values of a flag that may be given several times. */
export function collect(text: string, before: string[] = []): string[] {
  return [...before, text];
}

/** A channel's name, as the library wants it. */
export function channelName(text: string): string {
  if (text === '' || text === '*' || Buffer.byteLength(text) > 255) {
    throw new InvalidArgumentError("A channel's name has 1 to 255 bytes and is not '*'.");
  }
  return text;
}

/** Levels of the log: a name is that level and what is more severe; a list with commas is exactly these. @returns a mask */
export function logLevels(text: string): number {
  const names = text.split(',').map((name) => name.trim());
  try {
    return levelMask((names.length === 1 ? names[0] : names) as LogLevels);
  } catch {
    throw new InvalidArgumentError(
      `It must be one of ${LOG_LEVEL_NAMES.join(', ')} (and what is more severe), a list such as err,debug (exactly these), or none.`,
    );
  }
}

/** @returns the address as it was given */
export function syslogAddress(text: string): string {
  try {
    parseSyslogAddress(text);
    return text;
  } catch {
    throw new InvalidArgumentError(
      'It must be a path such as /dev/log, unix-stream:/path, udp://host:port, tcp://host:port, or stderr.',
    );
  }
}

/** An origin, or a word for some. @returns it as it was given */
export function origin(text: string): string {
  if (text === 'any' || text === 'same-host' || canonicalOrigin(text) !== undefined) return text;
  throw new InvalidArgumentError(
    'It must be scheme://host or scheme://host:port with nothing behind it, such as https://app.example.com, or same-host, any, null or file://.',
  );
}

/** An address of the internet, or a range of them. */
export function addressRange(text: string): string {
  if (isAddressRange(text)) return text;
  throw new InvalidArgumentError(
    'It must be an address or a range, such as 10.0.0.1, 10.0.0.0/8 or fd00::/8.',
  );
}
