/** Reads a configuration file, in YAML or JSON (which is YAML too). Thread: any. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { isMap, isScalar, LineCounter, type Node, type ParsedNode, parseDocument } from 'yaml';
import { usageError } from '../cli/failure';
import { type ConfigContent, checkConfig } from './config-schema';
import { type KeyPath, nameOf } from './key-path';

export interface ConfigFile {
  /** Absolute path. */
  path: string;
  content: ConfigContent;
  /** The line of a key, counted from 1; of the nearest key around it, if it is not in the file. */
  lineOf(key: KeyPath): number;
}

interface Problem {
  line: number;
  text: string;
}

/**
 * @param file absolute path
 * @throws {Failure} USAGE, with everything that is wrong in the file, by line
 */
export function readConfigFile(file: string): ConfigFile {
  const lines = new LineCounter();
  const document = parseDocument(readText(file), { lineCounter: lines, prettyErrors: false });
  const problems: Problem[] = document.errors.map(({ pos, message }) => ({
    line: lines.linePos(pos[0]).line,
    text: message,
  }));
  const lineOf = (key: KeyPath) => lines.linePos(offsetOf(document.contents, key)).line;
  let content: unknown = {};
  if (problems.length === 0) {
    const report = {
      folder: path.dirname(file),
      wrong: (at: KeyPath, message: string) => {
        problems.push({ line: lineOf(at), text: `${nameOf(at)} ${message}` });
      },
    };
    content = checkConfig(document.toJS() ?? {}, [], report);
  }
  if (problems.length > 0) throw usageError(problemText(file, problems));
  return { path: file, content: content as ConfigContent, lineOf };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') {
      throw usageError(
        `There is no configuration file ${file}.`,
        'ringcast config init writes one to begin with.',
      );
    }
    throw usageError(`Cannot read the configuration file ${file}: ${message}.`);
  }
}

function problemText(file: string, problems: Problem[]): string {
  const lines = problems.sort((one, other) => one.line - other.line);
  const count = problems.length === 1 ? 'a fault' : `${problems.length} faults`;
  return [`${file} has ${count}:`, ...lines.map(({ line, text }) => `  line ${line}: ${text}`)].join('\n');
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
