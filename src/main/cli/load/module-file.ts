/** A test's file that is code: a module that exports the keys, or a function that answers them. */
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { usageError } from '../failure';

/** @throws {Failure} USAGE, if it is not there or cannot be loaded */
export async function loadModule(file: string): Promise<unknown> {
  if (!existsSync(file)) throw usageError(`There is no configuration file ${file}.`);
  try {
    const content = file.endsWith('.cjs') ? require(file) : contentOf(await import(pathToFileURL(file).href));
    return typeof content === 'function' ? await content() : content;
  } catch (cause) {
    throw usageError(`Cannot load ${file}: ${(cause as Error).message}`, remedyOf(file, cause));
  }
}

/** The default export, also one that a compiler has wrapped; without it, all exports. */
function contentOf(loaded: { default?: { default?: unknown } }): unknown {
  return loaded.default?.default ?? loaded.default ?? { ...loaded };
}

function remedyOf(file: string, cause: unknown): string | undefined {
  const unknown = (cause as NodeJS.ErrnoException).code === 'ERR_UNKNOWN_FILE_EXTENSION';
  if (!unknown || !/ts$/.test(file)) return undefined;
  return `Node ${process.versions.node} loads no TypeScript: use Node 22.18 or later, or a .mjs, .yaml or .json file.`;
}
