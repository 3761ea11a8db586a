/**
 * What a flag of the load commands is. One table of them (`bench-flags.ts`) serves the command line, the environment, files,
 * their JSON Schema, completion, and the test of the documentation. Pure.
 */
import type { Reader } from './values';

export interface FlagSpec<T = unknown> {
  readonly short?: string;
  /** What stands for its value in the help; absent: it takes none. */
  readonly value?: string;
  /** The value may be left out: then it is as if this were given. */
  readonly optional?: string;
  readonly about: string;
  /** As the help says it. */
  readonly fallback?: string;
  readonly reader: Reader<T>;
  /** May be given again. Several in one text are separated by this: the end of a line, where a comma may be part of one. */
  readonly list?: ',' | '\n';
  /** A file may have keys with values instead of a list; this goes between the two. */
  readonly map?: ': ' | '=';
  /** A path: in a file it is meant from the file's folder. */
  readonly path?: boolean;
  /** Belongs to the whole command: a scenario cannot have one of its own. */
  readonly whole?: boolean;
}

/** By their keys in files: `connectRate` is the flag `--connect-rate`, and the variable `RINGCAST_BENCH_CONNECT_RATE`. */
export type FlagTable = { readonly [key: string]: FlagSpec };

/** What a table's flags come to. What nobody said is not there. */
export type ValuesOf<Table> = {
  [Key in keyof Table]?: Table[Key] extends { reader: Reader<infer Value> }
    ? Table[Key] extends { list: string }
      ? Value[]
      : Value
    : never;
};

export const ENVIRONMENT_PREFIX = 'RINGCAST_BENCH_';

export function flagName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

export function variableName(key: string): string {
  return ENVIRONMENT_PREFIX + key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
