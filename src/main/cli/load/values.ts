/**
 * Reads the values of the load commands, from flags, variables and files alike: all are texts here. Pure.
 *
 * Only the form is checked. Limits are those of `resolvePlan`, which the library has too.
 */
import type { SizeChoice, SlowGroup, Stage } from '../../../shared/load/plan';

/** What a value must be, to stand behind the name of the flag or key. */
export class ValueError extends Error {
  constructor(what: string) {
    super(`must be ${what}`);
    this.name = 'ValueError';
  }
}

export interface Reader<T> {
  /** @throws {ValueError} */
  read(text: string): T;
  /** What may stand in a file, as JSON Schema. */
  readonly schema: object;
}

export type StageOption = Omit<Stage, 'ramp'> & { ramp: boolean };
export type SlowOption = {
  share?: number;
  clients?: number;
  name: string;
  behaviour: SlowGroup['behaviour'];
};

const MULTIPLES: { [unit: string]: number } = { '': 1, k: 1e3, m: 1e6, g: 1e9 };
const MILLISECONDS: { [unit: string]: number } = {
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1e3,
  m: 6e4,
  min: 6e4,
  h: 36e5,
};
const BYTES: { [unit: string]: number } = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};
const SCALAR = { type: ['string', 'number'] };
const A_RATE = 'a rate per second such as 500, 20k or 1.5M';
const A_DURATION = 'a time with its unit, such as 500ms, 30s, 1.5m or 1h';
const A_SIZE = 'a size such as 128, 64kB or 64KiB';

/** @returns undefined if it is no number followed by one of the units */
function withUnit(text: string, units: { [unit: string]: number }): number | undefined {
  const match = /^(\d+(?:\.\d+)?|\.\d+) ?([a-zµ]*)$/i.exec(text.trim());
  const unit = match?.[2].toLowerCase();
  if (match === null || unit === undefined || !Object.hasOwn(units, unit)) return undefined;
  // 1.1 × 1000 is 1100.0000000000002 otherwise.
  return Number((Number(match[1]) * units[unit]).toPrecision(15));
}

function reader<T>(schema: object, what: string, parse: (text: string) => T | undefined): Reader<T> {
  return {
    schema,
    read(text) {
      const value = parse(text);
      if (value === undefined) throw new ValueError(what);
      return value;
    },
  };
}

export const text: Reader<string> = reader(SCALAR, 'a text', (given) => given.trim() || undefined);

export const flag: Reader<boolean> = reader({ type: 'boolean' }, 'true or false', (given) => {
  const yes = ['true', '1', 'yes', 'on', ''].includes(given.toLowerCase());
  return yes || (['false', '0', 'no', 'off'].includes(given.toLowerCase()) ? false : undefined);
});

/** A whole number; `20k` and `1M` are. */
export function count(lowest = 0): Reader<number> {
  return reader(SCALAR, `a whole number, ${lowest} or more, such as 500, 20k or 1M`, (given) => {
    const number = withUnit(given, MULTIPLES);
    return number === undefined || !Number.isSafeInteger(number) || number < lowest ? undefined : number;
  });
}

/** Per second. */
export const rate: Reader<number> = reader(SCALAR, A_RATE, readRate);

function readRate(given: string): number | undefined {
  return withUnit(given.trim().replace(/ ?\/ ?s(ec)?$/i, ''), MULTIPLES);
}

/** In milliseconds. A number without a unit would be taken for one or the other: only 0 is clear. */
export const duration: Reader<number> = reader(SCALAR, A_DURATION, readDuration);

function readDuration(given: string): number | undefined {
  return /^0+$/.test(given.trim()) ? 0 : withUnit(given, MILLISECONDS);
}

export const bytes: Reader<number> = reader(SCALAR, A_SIZE, readBytes);

function readBytes(given: string): number | undefined {
  const size = withUnit(given, BYTES);
  return Number.isSafeInteger(size) ? size : undefined;
}

/** Between 0 and 1, out of `5%` or `0.05`. */
export const share: Reader<number> = reader(SCALAR, 'a share such as 5% or 0.05', readShare);

function readShare(given: string): number | undefined {
  const percent = /^(.*)%$/.exec(given.trim());
  const value = withUnit(percent?.[1] ?? given, { '': percent === null ? 1 : 0.01 });
  return value === undefined || value > 1 ? undefined : value;
}

export function oneOf<const Names extends readonly string[]>(names: Names): Reader<Names[number]> {
  return reader({ enum: names }, `one of ${names.join(', ')}`, (given) =>
    names.find((name) => name === given.trim()),
  );
}

/** `128`, `64..4096`, or several with weights: `64:9,1KiB..4KiB:1`. */
export const sizes: Reader<SizeChoice[]> = reader(
  SCALAR,
  `${A_SIZE}, two of them as 64..4096, or several with weights as 64:9,4KiB:1`,
  (given) => allOf(given.split(',').map(readSizeChoice)),
);

function readSizeChoice(given: string): SizeChoice | undefined {
  const [range, weightText = '1', ...more] = given.split(':');
  const ends = range.split('..').map(readBytes);
  const [minBytes, maxBytes = minBytes] = ends;
  const weight = withUnit(weightText, { '': 1 });
  if (minBytes === undefined || maxBytes === undefined || ends.includes(undefined)) return undefined;
  if (!weight || more.length > 0 || ends.length > 2 || minBytes > maxBytes) return undefined;
  return { minBytes, maxBytes, weight };
}

/** `30s:10k` is 10,000 a second for 30 s; with `..10k` the rate gets there in a straight line. */
export const stage: Reader<StageOption> = reader(
  SCALAR,
  'a time and a rate such as 30s:10k, or 30s:..10k for a straight line to that rate',
  (given) => {
    const [time, goal, ...more] = given.split(':');
    const ramp = goal?.trim().startsWith('..') ?? false;
    const ratePerSecond = readRate(goal?.trim().slice(ramp ? 2 : 0) ?? '');
    const durationMs = readDuration(time);
    if (ratePerSecond === undefined || durationMs === undefined || more.length > 0) return undefined;
    return { durationMs, ratePerSecond, ramp };
  },
);

export interface Ramp {
  from: number;
  to: number;
  durationMs: number;
}

/** `0..10k/60s`. */
export const ramp: Reader<Ramp> = reader(SCALAR, 'two rates and a time, such as 0..10k/60s', (given) => {
  const match = /^(.+)\.\.(.+)\/([^/]+)$/.exec(given);
  const [from, to] = [readRate(match?.[1] ?? ''), readRate(match?.[2] ?? '')];
  const durationMs = readDuration(match?.[3] ?? '');
  return from === undefined || to === undefined || !durationMs ? undefined : { from, to, durationMs };
});

/** `5%:64kB/s`, `20:stall=10s/30s`, `1%:never-read`, `1%:half-open`, `2%:cut=5s`. */
export const slow: Reader<SlowOption> = reader(
  SCALAR,
  'a share or number of clients and what they do: 5%:64kB/s, 20:stall=10s/30s, 1%:never-read, 1%:half-open or 2%:cut=5s',
  (given) => {
    const at = given.indexOf(':');
    const [who, what] = [given.slice(0, at).trim(), given.slice(at + 1).trim()];
    const behaviour = readBehaviour(what);
    const portion = who.endsWith('%') ? readShare(who) : withUnit(who, { '': 1, k: 1e3 });
    if (at < 0 || behaviour === undefined || portion === undefined) return undefined;
    if (who.endsWith('%')) return { share: portion, name: given, behaviour };
    return Number.isInteger(portion) ? { clients: portion, name: given, behaviour } : undefined;
  },
);

function readBehaviour(given: string): SlowGroup['behaviour'] | undefined {
  if (given === 'never-read' || given === 'half-open') return { kind: given };
  const [name, value] = given.split('=');
  if (name === 'cut') {
    const afterMs = readDuration(value ?? '');
    return afterMs === undefined ? undefined : { kind: 'cut', afterMs };
  }
  if (name === 'stall') {
    const [stallMs, everyMs, ...more] = (value ?? '').split('/').map(readDuration);
    if (!stallMs || !everyMs || more.length > 0 || stallMs > everyMs) return undefined;
    return { kind: 'stall', stallMs, everyMs };
  }
  const bytesPerSecond = /\/ ?s$/.test(given) ? readBytes(given.replace(/ ?\/ ?s$/, '')) : undefined;
  return bytesPerSecond === undefined ? undefined : { kind: 'rate', bytesPerSecond };
}

/** `NAME=VALUE`. */
export const label: Reader<readonly [string, string]> = reader(SCALAR, 'of the form NAME=VALUE', (given) =>
  pair(given, '='),
);

/** `Name: value`, or `@FILE`. */
export const header: Reader<readonly [string, string]> = reader(
  SCALAR,
  'of the form "Name: value", or @FILE with such lines',
  (given) => {
    const [name, value] = pair(given, ':') ?? [];
    if (given.startsWith('@') && given.length > 1) return ['@', given.slice(1)] as const;
    // Names as RFC 9110, section 5.6.2 has them; a line end in a value would be a second header.
    return name === undefined || !/^[\w!#$%&'*+.^`|~-]+$/.test(name) || /[\r\n\0]/.test(value ?? '')
      ? undefined
      : ([name, value ?? ''] as const);
  },
);

function pair(given: string, separator: string): readonly [string, string] | undefined {
  const at = given.indexOf(separator);
  return at < 1 ? undefined : [given.slice(0, at).trim(), given.slice(at + 1).trim()];
}

export const percentile: Reader<number> = reader(SCALAR, 'percentiles such as 50,99,99.9', (given) => {
  const value = withUnit(given.replace(/^p/i, ''), { '': 1 });
  return value === undefined || value <= 0 || value > 100 ? undefined : value;
});

export interface Address {
  host: string;
  port: number;
}

/** `HOST:PORT`, `:PORT` or `PORT`. */
export const address: Reader<Address> = reader(
  SCALAR,
  'an address such as 127.0.0.1:9464 or 9464',
  readAddress,
);

function readAddress(given: string): Address | undefined {
  const match = /^(?:(?:\[([\da-f:.]+)\]|([^:[\]/\s]*)):)?(\d+)$/i.exec(given.trim());
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) return undefined;
  return { host: match[1] ?? (match[2] || '127.0.0.1'), port };
}

export function url(protocols: readonly string[]): Reader<string> {
  const what = `a URL that begins with ${protocols.map((name) => `${name}://`).join(' or ')}`;
  return reader({ type: 'string' }, what, (given) => {
    const known = protocols.some((name) => given.toLowerCase().startsWith(`${name}://`));
    return known && URL.canParse(given) && !given.includes('#') ? given : undefined;
  });
}

function allOf<T>(values: (T | undefined)[]): T[] | undefined {
  return values.includes(undefined) ? undefined : (values as T[]);
}
