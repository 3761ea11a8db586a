/**
 * The five levels, and sets of them. A set is a mask, as in 2013: one bit a level.
 *
 * Thread: any.
 */
import { shown } from '../shown';

/** One bit a level, so that any set of them is a number. */
export const LogLevel = { ERR: 1, WARN: 2, NOTICE: 4, INFO: 8, DEBUG: 16 } as const;
export type LogLevel = (typeof LogLevel)[keyof typeof LogLevel];

/** Most severe first. */
export const LOG_LEVEL_NAMES = ['err', 'warn', 'notice', 'info', 'debug'] as const;
export type LogLevelName = (typeof LOG_LEVEL_NAMES)[number];

/**
 * Which levels are logged:
 * - a name: that level and all that are more severe (`'info'` is err, warn, notice and info); `'none'` is none at all
 * - an array of names: exactly these
 * - a number: a mask of `LogLevel` bits, as in 2013
 */
export type LogLevels = number | LogLevelName | 'none' | readonly LogLevelName[];

export const DEFAULT_LEVELS: number = LogLevel.ERR | LogLevel.WARN | LogLevel.NOTICE;
const ALL_LEVELS = 2 ** LOG_LEVEL_NAMES.length - 1;

export function levelName(level: LogLevel): LogLevelName {
  return LOG_LEVEL_NAMES[31 - Math.clz32(level)];
}

/** The bit of a level. */
export function levelBit(name: LogLevelName): LogLevel {
  return (1 << LOG_LEVEL_NAMES.indexOf(name)) as LogLevel;
}

/**
 * The mask that `levels` means.
 *
 * @param what names the option in the error
 * @throws {RangeError} for a name or a mask that does not exist
 * @throws {TypeError} for anything else
 */
export function levelMask(levels: LogLevels, what = 'levels'): number {
  if (typeof levels === 'number') {
    if (Number.isInteger(levels) && levels >= 0 && levels <= ALL_LEVELS) return levels;
    throw new RangeError(`${what} is ${levels}: a mask is an integer from 0 to ${ALL_LEVELS}`);
  }
  if (typeof levels === 'string') return levels === 'none' ? 0 : 2 * known(levels, what) - 1;
  if (Array.isArray(levels)) return levels.reduce<number>((mask, name) => mask | known(name, what), 0);
  throw new TypeError(`${what} is ${shown(levels)}: it must be a level's name, an array of names, or a mask`);
}

function known(name: unknown, what: string): LogLevel {
  if (LOG_LEVEL_NAMES.includes(name as LogLevelName)) return levelBit(name as LogLevelName);
  throw new RangeError(
    `${what} has ${JSON.stringify(name) ?? String(name)}: the levels are ${LOG_LEVEL_NAMES.join(', ')}, or 'none' by itself`,
  );
}
