/** Loads modules that users give by their path, CommonJS or ESM. */
import { pathToFileURL } from 'node:url';

/** @returns what it exports */
export async function requireOrImport(file: string): Promise<Record<string, unknown>> {
  try {
    return require(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ERR_REQUIRE_ESM' && code !== 'ERR_REQUIRE_ASYNC_MODULE') throw error;
    return import(pathToFileURL(file).href);
  }
}

/** Of a module that is not found, Node's message goes on with who required it: ringcast. */
export function firstLine(message: string): string {
  return message.split('\n', 1)[0]!;
}
