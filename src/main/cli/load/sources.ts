/**
 * Who says what a load test is to be like, the first one goes before the others:
 *
 *     flags  >  environment (RINGCAST_BENCH_…)  >  scenario  >  file  >  user's file  >  system's file  >  defaults
 *
 * A source has texts for keys; what they mean is read here, by one table for all. Everything that is wrong is told at once.
 */
import path from 'node:path';
import { nearestName } from '../../config/nearest-name';
import { usageError } from '../failure';
import { ENVIRONMENT_PREFIX, type FlagSpec, type FlagTable, type ValuesOf, variableName } from './flag';

export interface Source {
  /** What is said, as text; lists as several. */
  readonly texts: { readonly [key: string]: readonly string[] };
  /** How a key is called there: `--clients`, `RINGCAST_BENCH_CLIENTS`, `bench.yaml:3: clients`. */
  nameOf(key: string): string;
  /** Paths are meant from this folder. */
  readonly folder: string;
}

/** All that is wrong, gathered. */
export class Problems {
  /** What several scenarios have from one file is told once. */
  readonly #texts = new Set<string>();

  add(where: string, what: string): void {
    this.#texts.add(`${where} ${what}`);
  }

  /** @throws {Failure} USAGE, if there are any */
  check(): void {
    const [first, ...more] = this.#texts;
    if (first === undefined) return;
    if (more.length === 0) throw usageError(first.endsWith('?') ? first : `${first}.`);
    throw usageError(
      [`${this.#texts.size} faults:`, ...[first, ...more].map((text) => `  ${text}`)].join('\n'),
    );
  }
}

/** @returns what the sources come to, and who said each */
export function readValues<Table extends FlagTable>(
  table: Table,
  sources: readonly Source[],
  problems: Problems,
): { values: ValuesOf<Table>; origins: { [key: string]: string } } {
  const values: { [key: string]: unknown } = {};
  const origins: { [key: string]: string } = {};
  // Backwards: the first source writes last.
  for (const source of [...sources].reverse()) {
    for (const [key, texts] of Object.entries(source.texts)) {
      const value = readOne(table[key], texts, source, source.nameOf(key), problems);
      if (value === undefined) continue;
      values[key] = value;
      origins[key] = source.nameOf(key);
    }
  }
  return { values: values as ValuesOf<Table>, origins };
}

function readOne(
  spec: FlagSpec,
  texts: readonly string[],
  source: Source,
  name: string,
  problems: Problems,
): unknown {
  const parts = spec.list === undefined ? texts.slice(-1) : texts.flatMap((text) => split(text, spec.list));
  const read = parts.map((part) => {
    try {
      return inFolder(spec.reader.read(part), spec, source.folder);
    } catch (error) {
      problems.add(name, `is ${JSON.stringify(part)}: it ${(error as Error).message}`);
      return undefined;
    }
  });
  return spec.list === undefined ? read[0] : read.filter((value) => value !== undefined);
}

function split(text: string, separator: FlagSpec['list']): string[] {
  return text
    .split(separator ?? '\n')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function inFolder(value: unknown, { path: isPath }: FlagSpec, folder: string): unknown {
  return isPath && typeof value === 'string' && value !== '-' ? path.resolve(folder, value) : value;
}

/**
 * @param environment `RINGCAST_BENCH_…` of it; others are not looked at
 * @param where stands behind the variables' names, if they come from a file
 */
export function environmentSource(
  table: FlagTable,
  environment: NodeJS.ProcessEnv,
  problems: Problems,
  where = '',
): Source {
  const keys = new Map(Object.keys(table).map((key) => [variableName(key), key]));
  const texts: { [key: string]: string[] } = {};
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith(ENVIRONMENT_PREFIX) || text === undefined) continue;
    const key = keys.get(name);
    const nearest = key === undefined ? nearestName(name, [...keys.keys()]) : undefined;
    if (key !== undefined) texts[key] = [text];
    else problems.add(name + where, `is not known${nearest ? `. Did you mean ${nearest}?` : ''}`);
  }
  return { texts, nameOf: (key) => variableName(key) + where, folder: process.cwd() };
}
