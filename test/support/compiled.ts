/**
 * Threads of tests, each compiled once to a single plain JavaScript file: a worker starts from it in a few milliseconds,
 * where ts-node would take a few hundred, and a file for each module half as long again.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import ts from 'typescript';

const ROOT = resolve(__dirname, '../..');
const WORKERS = 'test/threads/workers';

export interface Compiled {
  /** The compiled file of a worker in `test/threads/workers`. */
  worker(name: string): string;
  remove(): void;
}

export function compile(folders: string[] = ['src/shared', WORKERS]): Compiled {
  const directory = mkdtempSync(join(tmpdir(), 'ringcast-threads-'));
  const modules = folders.flatMap((folder) => compileFolder(join(ROOT, folder))).join(',\n');
  const written = new Set<string>();
  return {
    worker(name) {
      const file = join(directory, `${name}.js`);
      if (!written.has(name))
        writeFileSync(file, `const modules = {\n${modules}\n};\n${loader(`${WORKERS}/${name}`)}`);
      written.add(name);
      return file;
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

function compileFolder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = join(folder, entry.name);
    if (entry.isDirectory()) return compileFolder(file);
    if (!entry.name.endsWith('.ts') || entry.name.endsWith('.d.ts')) return [];
    const { outputText } = ts.transpileModule(readFileSync(file, 'utf8'), {
      compilerOptions: {
        module: ts.ModuleKind.CommonJS,
        target: ts.ScriptTarget.ES2022,
        esModuleInterop: true,
      },
      fileName: file,
    });
    return [
      `${JSON.stringify(relative(ROOT, file).slice(0, -3))}: (exports, require, module) => {\n${outputText}\n}`,
    ];
  });
}

/** Node's `require` among the modules above, by their paths in the repository. */
function loader(entry: string): string {
  return `
const path = require('node:path').posix;
const loaded = {};
function load(name) {
  const found = name in modules ? name : name + '/index';
  if (!(found in loaded)) {
    loaded[found] = { exports: {} };
    modules[found](loaded[found].exports, (wanted) => wanted[0] === '.' ? load(path.join(path.dirname(found), wanted)) : require(wanted), loaded[found]);
  }
  return loaded[found].exports;
}
load(${JSON.stringify(entry)});
`;
}
