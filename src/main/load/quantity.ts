/**
 * Numbers with units: what a metric's value is counted in, how one is read from a threshold, and how it is printed. Pure.
 *
 * In a result every value is in the base unit of its kind: milliseconds, bytes, per second; a share is between 0 and 1.
 */

export const Kind = {
  TIME: 'time',
  COUNT: 'count',
  RATE: 'rate',
  BYTES: 'bytes',
  BYTE_RATE: 'byteRate',
  SHARE: 'share',
  CORES: 'cores',
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

export interface KindRow {
  /** What the numbers of a result are in. */
  unit: string;
  /** In words, for errors. */
  name: string;
  /** What may be written, and what it is in the base unit. `''`: no unit at all. */
  units: Readonly<Record<string, number>>;
}

const SIZES = { B: 1, kB: 1e3, KiB: 2 ** 10, MB: 1e6, MiB: 2 ** 20, GB: 1e9, GiB: 2 ** 30 };

export const KINDS: Readonly<Record<Kind, KindRow>> = {
  time: { unit: 'ms', name: 'a time', units: { ns: 1e-6, us: 1e-3, ms: 1, s: 1e3, min: 6e4 } },
  count: { unit: '', name: 'a number', units: { '': 1, k: 1e3, M: 1e6 } },
  rate: { unit: '/s', name: 'a rate', units: { '/s': 1, 'k/s': 1e3, 'M/s': 1e6 } },
  bytes: { unit: 'B', name: 'a size', units: SIZES },
  byteRate: {
    unit: 'B/s',
    name: 'bytes in time',
    units: Object.fromEntries(Object.entries(SIZES).map(([unit, factor]) => [`${unit}/s`, factor])),
  },
  share: { unit: 'share', name: 'a share', units: { '%': 0.01 } },
  cores: { unit: 'cores', name: 'a number of cores', units: { '': 1, core: 1, cores: 1 } },
};

/** Reads the unit of a number. Zero needs none. @returns the factor to the base unit; undefined: not a unit of this kind */
export function unitFactor(kind: Kind, unit: string, value: number): number | undefined {
  if (unit === '' && value === 0) return 1;
  const wanted = unit.replace(/^[µμ]s$/, 'us').toLowerCase();
  const found = Object.entries(KINDS[kind].units).find(([name]) => name.toLowerCase() === wanted);
  return found?.[1];
}

/** What may be written for a kind: `ns, us, ms, s or min`. */
export function unitsText(kind: Kind): string {
  const names = Object.keys(KINDS[kind].units).map((unit) => (unit === '' ? 'no unit' : unit));
  const last = names.pop()!;
  return names.length === 0 ? last : `${names.join(', ')} or ${last}`;
}

/** A value of a result for the eye, with its unit; `n/a` where it is not known. */
export function formatQuantity(value: number | null | undefined, kind: Kind): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return 'n/a';
  switch (kind) {
    case Kind.TIME:
      return formatTime(value);
    case Kind.COUNT:
      return formatCount(value);
    case Kind.RATE:
      return `${formatCount(value)}/s`;
    case Kind.BYTES:
      return formatBytes(value);
    case Kind.BYTE_RATE:
      return `${formatBytes(value)}/s`;
    case Kind.SHARE:
      return formatShare(value);
    case Kind.CORES:
      return `${threeDigits(value)} cores`;
  }
}

/** Milliseconds to `0.064 ms`, `1.21 ms`, `1,204 ms`: one unit as far as it can be read, so that columns compare; else `1.90 µs`, `12.4 s`. */
export function formatTime(ms: number): string {
  if (ms !== 0 && Math.abs(ms) < 0.01) return `${threeDigits(ms * 1e3)} µs`;
  return Math.abs(ms) >= 10_000 ? `${threeDigits(ms / 1e3)} s` : `${threeDigits(ms)} ms`;
}

export function formatCount(value: number): string {
  return Number.isInteger(value) ? grouped(value.toFixed(0)) : threeDigits(value);
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let scaled = bytes;
  let unit = 0;
  while (Math.abs(scaled) >= 1_024 && unit < units.length - 1) {
    scaled /= 1_024;
    unit++;
  }
  return `${unit === 0 ? formatCount(Math.round(scaled)) : threeDigits(scaled)} ${units[unit]}`;
}

/** 0.9991 to `99.91 %`: two digits behind the point, or more where less would say zero. */
export function formatShare(share: number): string {
  const percent = share * 100;
  const small = percent !== 0 && Math.abs(percent) < 0.01;
  return `${small ? percent.toPrecision(1) : percent.toFixed(Math.abs(percent) >= 99.95 && share !== 1 ? 2 : 1)} %`;
}

/** Three significant digits, never an exponent, thousands in groups. */
export function threeDigits(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 100) return grouped(value.toFixed(0));
  if (size >= 10) return value.toFixed(1);
  return value.toFixed(size >= 1 ? 2 : 3);
}

function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',');
}
