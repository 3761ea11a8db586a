/**
 * Checks of a configuration file's values. Each reports what is wrong and goes on: so all that is wrong is told at once.
 *
 * Thread: any.
 */
import { accessSync, constants, readFileSync } from 'node:fs';
import path from 'node:path';
import { size } from '../cli/arguments';
import type { KeyPath } from './key-path';
import { nearestName } from './nearest-name';

export interface Report {
  /** The file's folder: relative paths are meant from there. */
  readonly folder: string;
  /** @param message what is wrong with it and what would be right, to stand behind the key's name */
  wrong(at: KeyPath, message: string): void;
}

/** @returns the value as the hub wants it; whatever, if it was reported as wrong */
export type Check = (value: unknown, at: KeyPath, report: Report) => unknown;

export const trueOrFalse: Check = (value, at, report) => {
  if (typeof value !== 'boolean') report.wrong(at, `is ${JSON.stringify(value)}: it must be true or false`);
  return value;
};

export const text: Check = (value, at, report) => {
  if (typeof value !== 'string' || value === '') report.wrong(at, `is ${show(value)}: it must be a text`);
  return value;
};

export function oneOf(...choices: string[]): Check {
  return (value, at, report) => {
    if (choices.includes(value as string)) return value;
    report.wrong(at, `is ${show(value)}: it must be ${choices.join(' or ')}${guess(value, choices)}`);
    return value;
  };
}

export function wholeNumber([, lowest, highest]: readonly [number, number, number]): Check {
  return (value, at, report) => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= lowest && value <= highest)
      return value;
    report.wrong(at, `is ${show(value)}: it must be a whole number${range(lowest, highest)}`);
    return value;
  };
}

/** A number of bytes, or a size such as `64KiB`. */
export function bytes([, lowest, highest]: readonly [number, number, number]): Check {
  return (value, at, report) => {
    try {
      if (typeof value === 'number' || typeof value === 'string') return size(lowest, highest)(String(value));
    } catch {
      // reported below, with the limits
    }
    report.wrong(at, `is ${show(value)}: it must be a size such as 65536 or 64KiB${range(lowest, highest)}`);
    return value;
  };
}

/** An absolute path out of one that is meant from the file's folder. The file must be there, and readable. */
export const existingFile: Check = (value, at, report) => {
  if (typeof value !== 'string' || value === '') return text(value, at, report);
  const file = path.resolve(report.folder, value);
  try {
    accessSync(file, constants.R_OK);
  } catch (error) {
    report.wrong(at, `is ${show(value)}: ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  return file;
};

/** The same for a file that may be made yet. */
export const fileToWrite: Check = (value, at, report) =>
  typeof value === 'string' && value !== '' ? path.resolve(report.folder, value) : text(value, at, report);

/** The content of a file. */
export const contentOfFile: Check = (value, at, report) => {
  const file = existingFile(value, at, report);
  try {
    return readFileSync(String(file), 'utf8');
  } catch {
    return value; // reported
  }
};

/** Both checks; the second only for what passed the first. */
export function both(first: Check, second: Check): Check {
  return (value, at, report) => {
    let passed = true;
    const checked = first(value, at, {
      folder: report.folder,
      wrong(...problem) {
        passed = false;
        report.wrong(...problem);
      },
    });
    return passed ? second(checked, at, report) : checked;
  };
}

/** An object with some of these keys. */
export function object(checks: { [key: string]: Check }): Check {
  const known = Object.keys(checks);
  return (value, at, report) => {
    if (!isObject(value, at, report)) return value;
    const result: { [key: string]: unknown } = {};
    for (const [key, held] of Object.entries(value)) {
      const path = [...at, key];
      if (Object.hasOwn(checks, key)) result[key] = checks[key](held ?? undefined, path, report);
      else report.wrong(path, `is not known: there are ${known.join(', ')}${guess(key, known)}`);
    }
    return result;
  };
}

/** An object with any keys, whose values all pass one check. */
export function dictionary(checkKey: (key: string) => void, check: Check): Check {
  return (value, at, report) => {
    if (!isObject(value, at, report)) return value;
    const result: { [key: string]: unknown } = Object.create(null); // a channel may be called `constructor`
    for (const [key, held] of Object.entries(value)) {
      const path = [...at, key];
      try {
        checkKey(key);
      } catch (error) {
        report.wrong(path, `cannot be: ${(error as Error).message}`);
      }
      result[key] = check(held ?? {}, path, report); // `ticks:` alone is a channel with all defaults
    }
    return result;
  };
}

function isObject(value: unknown, at: KeyPath, report: Report): value is object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return true;
  report.wrong(at, `is ${show(value)}: it must be keys with values`);
  return false;
}

function range(lowest: number, highest: number): string {
  return highest === Number.MAX_SAFE_INTEGER ? ` from ${lowest}` : ` from ${lowest} to ${highest}`;
}

function guess(typed: unknown, known: readonly string[]): string {
  const name = typeof typed === 'string' ? nearestName(typed, known) : undefined;
  return name === undefined ? '' : `. Did you mean ${name}?`;
}

function show(value: unknown): string {
  return value === undefined ? 'empty' : JSON.stringify(value);
}
