/** How options are checked: each error names the option, the value and what is allowed. Pure. */
import { NO_LIMIT } from '../capacity';
import { shown } from '../shown';

export const KiB = 1024;
export const MiB = 1024 * KiB;
/** The longest delay of a timer. */
export const MAX_MS = 2 ** 31 - 1;

/** Options that are whole numbers. `NO_LIMIT` as the highest: any. */
export type NumberTable = Record<string, readonly [fallback: number, lowest: number, highest: number]>;

export function numbers<T extends NumberTable>(
  where: string,
  given: object,
  table: T,
): Record<keyof T, number> {
  const result = {} as Record<keyof T, number>;
  for (const [key, [fallback, lowest, highest]] of Object.entries(table)) {
    const value = (given as Record<string, unknown>)[key] ?? fallback;
    // `Infinity` reads well for "no limit".
    const number = value === Number.POSITIVE_INFINITY && highest === NO_LIMIT ? NO_LIMIT : value;
    if (typeof number !== 'number')
      throw new TypeError(`${where}${key} is ${shown(value)}: it must be a number`);
    if (!Number.isInteger(number) || number < lowest || number > highest) {
      const most = highest === NO_LIMIT ? '' : ` to ${highest}`;
      throw new RangeError(`${where}${key} is ${number}: it must be an integer from ${lowest}${most}`);
    }
    result[key as keyof T] = number;
  }
  return result;
}

export function checkKeys(where: string, given: unknown, known: readonly string[]): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new TypeError(
      `${where === '' ? 'options' : where.slice(0, -1)} is ${shown(given)}: it must be an object`,
    );
  }
  for (const key of Object.keys(given)) {
    if (!known.includes(key)) {
      throw new TypeError(
        `unknown option ${where}${key}: there are ${known.map((name) => where + name).join(', ')}`,
      );
    }
  }
}

export function text(key: string, value: unknown, fallback: string): string {
  if (value === undefined) return fallback;
  if (typeof value !== 'string' || value === '')
    throw new TypeError(`${key} is ${JSON.stringify(value)}: it must be a string that is not empty`);
  return value;
}

export function flag(key: string, value: unknown, fallback = false): boolean {
  if (value === undefined) return fallback;
  if (typeof value !== 'boolean')
    throw new TypeError(`${key} is ${JSON.stringify(value)}: it must be true or false`);
  return value;
}

/** One of a closed set of words; the first, if nothing is given. */
export function oneOf<T extends string>(key: string, value: unknown, words: readonly [T, ...T[]]): T {
  const word = value ?? words[0];
  if (words.includes(word as T)) return word as T;
  const [last, ...others] = words.map((known) => `'${known}'`).reverse();
  throw new RangeError(
    `${key} is ${JSON.stringify(value)}: it must be ${others.reverse().join(', ')} or ${last}`,
  );
}
