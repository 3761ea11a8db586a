/** A file in YAML or JSON (which is YAML too), and where in it each key stands. Thread: any. */
import { readFileSync } from 'node:fs';
import { type Document, isMap, isScalar, LineCounter, type Node, type ParsedNode, parseDocument } from 'yaml';
import { usageError } from '../cli/failure';
import type { KeyPath } from './key-path';

export interface Problem {
  line: number;
  text: string;
}

export interface YamlFile {
  /** Undefined where the file is empty, or is not YAML. */
  content: unknown;
  /** What the reader of YAML found wrong. */
  problems: Problem[];
  /** The line of a key, counted from 1; of the nearest key around it, if it is not in the file. */
  lineOf(key: KeyPath): number;
}

/**
 * @param remedy what to do if the file is not there
 * @throws {Failure} USAGE, if it cannot be read
 */
export function readYamlFile(file: string, remedy?: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(readText(file, remedy), {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const problems = document.errors.map(({ pos, message }) => ({
    line: lines.linePos(pos[0]).line,
    text: message,
  }));
  return {
    content: problems.length === 0 ? contentOf(document, problems) : undefined,
    problems,
    lineOf: (key) => lines.linePos(offsetOf(document.contents, key)).line,
  };
}

/** Some of what is wrong shows only here: an alias without its anchor, too many of them. */
function contentOf(document: Document.Parsed, problems: Problem[]): unknown {
  try {
    return document.toJS() ?? undefined;
  } catch (error) {
    problems.push({ line: 1, text: (error as Error).message });
    return undefined;
  }
}

/** All that is wrong in a file, by line. */
export function problemText(file: string, problems: Problem[]): string {
  const lines = problems.sort((one, other) => one.line - other.line);
  const count = problems.length === 1 ? 'a fault' : `${problems.length} faults`;
  return [`${file} has ${count}:`, ...lines.map(({ line, text }) => `  line ${line}: ${text}`)].join('\n');
}

function readText(file: string, remedy: string | undefined): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw usageError(`There is no configuration file ${file}.`, remedy);
    throw usageError(`Cannot read the configuration file ${file}: ${message}.`);
  }
}

/** Where a key stands in the text. */
function offsetOf(contents: ParsedNode | null, key: KeyPath): number {
  let offset = contents?.range[0] ?? 0;
  let node: unknown = contents;
  for (const part of key) {
    if (!isMap(node)) break;
    const pair = node.items.find((item) => String(isScalar(item.key) ? item.key.value : item.key) === part);
    if (pair === undefined) break;
    offset = (pair.key as Node).range?.[0] ?? offset;
    node = pair.value;
  }
  return offset;
}
