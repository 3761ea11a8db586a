/**
 * Files that say what a load test is to be like: the one of `--config`, else `ringcast.bench.yaml` of this folder; then the section
 * `bench` of the user's file and of the system's.
 */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import type { KeyPath } from '../../config/key-path';
import { nameOf } from '../../config/key-path';
import { nearestName } from '../../config/nearest-name';
import { problemText, readYamlFile } from '../../config/yaml-file';
import { usageError } from '../failure';
import { BENCH_FLAGS } from './bench-flags';
import type { FlagSpec, FlagTable } from './flag';
import { loadModule } from './module-file';
import type { Problems, Source } from './sources';

export const PROJECT_FILE = 'ringcast.bench.yaml';
/** The same as JSON, or as code. */
const PROJECT_FILES = [PROJECT_FILE, 'ringcast.bench.yml', 'ringcast.bench.json'];
const MODULE = /\.[cm]?[jt]s$/;
/** Keys that are no flags. */
const REST = ['$schema', 'url', 'command', 'scenarios'];

export interface Scenario {
  name: string;
  url?: string;
  source: Source;
}

/** A file of a test: keys of flags, and what flags cannot say. */
export interface TestFile {
  path: string;
  url?: string;
  command?: string[];
  source: Source;
  /** One after the other; none: the file is one test. */
  scenarios: Scenario[];
}

interface Content {
  file: string;
  value: unknown;
  lineOf(key: KeyPath): number | undefined;
}

/** @param config what `--config` says */
export async function readTestFile(
  config: string | undefined,
  problems: Problems,
): Promise<TestFile | undefined> {
  const file = config ?? PROJECT_FILES.find((name) => existsSync(name));
  if (file === undefined) return undefined;
  return testFileOf(await contentOf(path.resolve(file)), problems);
}

/** Of the user, and of the system; the section `bench` of each, if it is there. */
export function homeSources(environment: NodeJS.ProcessEnv, problems: Problems): Source[] {
  const home = environment.XDG_CONFIG_HOME || path.join(homedir(), '.config');
  const files = [path.join(home, 'ringcast/config.yaml'), '/etc/ringcast/ringcast.yaml'];
  return files.filter((file) => existsSync(file)).map((file) => sectionOf(file, problems));
}

function sectionOf(file: string, problems: Problems): Source {
  const content = yamlContent(file);
  const section = isObject(content.value) ? content.value.bench : undefined;
  return sourceOf(content, ['bench'], section ?? {}, BENCH_FLAGS, problems);
}

async function contentOf(file: string): Promise<Content> {
  if (!MODULE.test(file)) return yamlContent(file);
  return { file, value: await loadModule(file), lineOf: () => undefined };
}

function yamlContent(file: string): Content {
  const { content, problems, lineOf } = readYamlFile(file, 'docs/bench-cli.md shows one to begin with.');
  if (problems.length > 0) throw usageError(problemText(file, problems));
  return { file, value: content ?? {}, lineOf };
}

function testFileOf(content: Content, problems: Problems): TestFile {
  const value = isObject(content.value) ? content.value : {};
  if (value !== content.value) problems.add(content.file, 'must be keys with values');
  const { url, command, scenarios } = value;
  const at = (key: string[]) => whereIs(content, key);
  if (url !== undefined && typeof url !== 'string') problems.add(at(['url']), 'must be a text');
  if (command !== undefined && !isTexts(command)) {
    problems.add(at(['command']), 'must be a list of texts: the program and its arguments');
  }
  return {
    path: content.file,
    url: url as string | undefined,
    command: command as string[] | undefined,
    source: sourceOf(content, [], withoutRest(value), BENCH_FLAGS, problems, REST),
    scenarios: scenariosOf(content, scenarios, problems),
  };
}

function scenariosOf(content: Content, scenarios: unknown, problems: Problems): Scenario[] {
  if (scenarios === undefined) return [];
  if (!isObject(scenarios) || Object.keys(scenarios).length === 0) {
    problems.add(whereIs(content, ['scenarios']), 'must be names with the keys of each scenario');
    return [];
  }
  return Object.entries(scenarios).map(([name, held]) => {
    const key = ['scenarios', name];
    const { url, ...keys } = isObject(held) ? held : {};
    if (held !== null && !isObject(held)) problems.add(whereIs(content, key), 'must be keys with values');
    if (url !== undefined && typeof url !== 'string') {
      problems.add(whereIs(content, [...key, 'url']), 'must be a text');
    }
    const source = sourceOf(content, key, keys, ofScenarios(), problems, ['url']);
    return { name, url: url as string | undefined, source };
  });
}

/** Flags that a scenario may have for itself. */
export function ofScenarios(): FlagTable {
  const entries: [string, FlagSpec][] = Object.entries(BENCH_FLAGS);
  return Object.fromEntries(entries.filter(([, { whole }]) => !whole));
}

function sourceOf(
  content: Content,
  place: KeyPath,
  value: unknown,
  table: FlagTable,
  problems: Problems,
  others: string[] = [],
): Source {
  const texts: { [key: string]: string[] } = {};
  const known = [...Object.keys(table), ...others];
  const name = (key: string) => whereIs(content, [...place, key]);
  if (!isObject(value)) problems.add(whereIs(content, place), 'must be keys with values');
  for (const [key, held] of Object.entries(isObject(value) ? value : {})) {
    const spec = Object.hasOwn(table, key) ? table[key] : undefined;
    if (spec === undefined) problems.add(name(key), unknownKey(key, known, table));
    else texts[key] = textsOf(held, spec, (what) => problems.add(name(key), what));
  }
  return { texts, nameOf: name, folder: path.dirname(content.file) };
}

function unknownKey(key: string, known: string[], table: FlagTable): string {
  if (Object.hasOwn(BENCH_FLAGS, key) && !Object.hasOwn(table, key)) {
    return 'is for the whole file, not for one scenario';
  }
  const nearest = nearestName(key.replaceAll('-', ''), known);
  return `is not known${nearest === undefined ? '' : `. Did you mean ${nearest}?`}`;
}

/** A value of a file as texts, as if it had been given by flags. */
function textsOf(held: unknown, spec: FlagSpec, wrong: (what: string) => void): string[] {
  if (spec.map !== undefined && isObject(held)) {
    return Object.entries(held).map(([name, value]) => `${name}${spec.map}${value}`);
  }
  const items = Array.isArray(held) ? held : [held];
  if (Array.isArray(held) && spec.list === undefined) wrong('must be one value, not a list');
  const odd = items.find((item) => !['string', 'number', 'boolean'].includes(typeof item));
  if (odd !== undefined || items.includes(undefined)) wrong('must be a text, a number, true or false');
  return items.filter((item) => item !== odd).map(String);
}

function whereIs({ file, lineOf }: Content, key: KeyPath): string {
  const line = lineOf(key);
  return `${file}${line === undefined ? '' : `:${line}`}: ${nameOf(key)}`;
}

function withoutRest(value: { [key: string]: unknown }): object {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !REST.includes(key)));
}

function isObject(value: unknown): value is { [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string');
}
