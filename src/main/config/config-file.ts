/** Reads a hub's configuration file. Thread: any. */
import path from 'node:path';
import { usageError } from '../cli/failure';
import { type ConfigContent, checkConfig } from './config-schema';
import { type KeyPath, nameOf } from './key-path';
import { problemText, readYamlFile } from './yaml-file';

export interface ConfigFile {
  /** Absolute path. */
  path: string;
  content: ConfigContent;
  /** The line of a key, counted from 1; of the nearest key around it, if it is not in the file. */
  lineOf(key: KeyPath): number;
}

/**
 * @param file absolute path
 * @throws {Failure} USAGE, with everything that is wrong in the file, by line
 */
export function readConfigFile(file: string): ConfigFile {
  const yaml = readYamlFile(file, 'ringcast config init writes one to begin with.');
  const { problems, lineOf } = yaml;
  let content: unknown = {};
  if (problems.length === 0) {
    const report = {
      folder: path.dirname(file),
      wrong: (at: KeyPath, message: string) => {
        problems.push({ line: lineOf(at), text: `${nameOf(at)} ${message}` });
      },
    };
    content = checkConfig(yaml.content ?? {}, [], report);
  }
  if (problems.length > 0) throw usageError(problemText(file, problems));
  const { bench: _, ...ofHub } = content as ConfigContent & { bench?: unknown };
  return { path: file, content: ofHub, lineOf };
}
