/** The ring's own source, rewritten, and loaded beside the real one: everything that it takes for a machine is simulated. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import * as errors from '../../../src/shared/errors';
import type * as RingModule from '../../../src/shared/ring';
import type { RingMemory } from '../../../src/shared/ring';
import { type RingStart, startRing } from '../ring';
import { Machine } from './machine';
import { Platform } from './platform';
import { rewrite } from './rewrite';
import { SharedMemory } from './shared-memory';

const SHARED = path.resolve(__dirname, '../../../src/shared');
/** Pure, or used only before the threads begin: taken as they are. */
const NOT_REWRITTEN = new Set(['ring/layout', 'ring/record', 'ring/index']);

/** Replaces a piece of source text that must occur exactly once. */
export interface Edit {
  /** Path below src/shared, without extension. */
  file: string;
  find: string;
  replace: string;
}

/** The ring under simulation. Its functions are generators, whatever their types say: see `runs`. */
export interface Library {
  machine: Machine;
  memory: SharedMemory;
  platform: Platform;
  ring: typeof RingModule;
  attach: typeof import('../../../src/shared/ring/attach');
  /** A ring at its start. The memory is that of the run before: making one for each run would cost most of the time. */
  freshRing(start: RingStart): RingMemory;
}

const texts = new Map<string, string>();

function sources(): ReadonlyMap<string, string> {
  if (texts.size > 0) return texts;
  const names = readdirSync(path.join(SHARED, 'ring')).map((file) => `ring/${file.slice(0, -3)}`);
  for (const name of [...names, 'counters'])
    texts.set(name, readFileSync(path.join(SHARED, `${name}.ts`), 'utf8'));
  return texts;
}

function edited(edits: readonly Edit[]): Map<string, string> {
  const files = new Map(sources());
  for (const { file, find, replace } of edits) {
    const text = files.get(file);
    const parts = text?.split(find) ?? [];
    if (parts.length !== 2)
      throw new Error(
        `the edit of ${file} no longer applies: found ${Math.max(0, parts.length - 1)} times: ${find}`,
      );
    files.set(file, parts.join(replace));
  }
  return files;
}

function toJavaScript(text: string, fileName: string): string {
  const compilerOptions = {
    module: ts.ModuleKind.CommonJS,
    target: ts.ScriptTarget.ES2022,
    esModuleInterop: true,
  };
  return ts.transpileModule(text, { compilerOptions, fileName }).outputText;
}

/** @throws {Error} if an edit does not apply to the source as it is now */
export function loadRing(edits: readonly Edit[] = []): Library {
  const scripts = new Map(
    Array.from(edited(edits), ([name, text]) => [name, toJavaScript(text, `${name}.ts`)]),
  );
  const stepping = rewrite(new Map([...scripts].filter(([name]) => !NOT_REWRITTEN.has(name))));
  for (const [name, text] of stepping) scripts.set(name, text);
  const machine = new Machine();
  const memory = new SharedMemory(machine);
  const platform = new Platform(machine);
  const load = loader(scripts, memory, platform);
  return {
    machine,
    memory,
    platform,
    ring: load('ring/index') as typeof RingModule,
    attach: load('ring/attach') as Library['attach'],
    freshRing: ringKeeper(),
  };
}

function ringKeeper(): (start: RingStart) => RingMemory {
  const rings = new Map<string, { ring: RingMemory; first: Uint8Array }>();
  return (start) => {
    const name = JSON.stringify(start);
    let known = rings.get(name);
    if (known === undefined) {
      const ring = startRing(start);
      known = { ring, first: ring.bytes.slice() };
      rings.set(name, known);
    }
    known.ring.bytes.set(known.first);
    return known.ring;
  };
}

function loader(
  scripts: ReadonlyMap<string, string>,
  memory: SharedMemory,
  platform: Platform,
): (name: string) => unknown {
  const loaded = new Map<string, { exports: unknown }>();
  const given = { ...platform.globals, $: memory };
  const requireFor = (name: string) => (wanted: string) => {
    if (wanted === 'node:worker_threads') return platform.workerThreads;
    const found = path.posix.join(path.posix.dirname(name), wanted);
    return found === 'errors' ? errors : load(found);
  };
  const load = (name: string): unknown => {
    const known = loaded.get(name);
    if (known !== undefined) return known.exports;
    const text = scripts.get(name);
    if (text === undefined)
      throw new Error(`the explorer does not know the module ${name}: teach library.ts`);
    const module = { exports: {} };
    loaded.set(name, module);
    const script = new Function('require', 'exports', 'module', ...Object.keys(given), text);
    script(requireFor(name), module.exports, module, ...Object.values(given));
    return module.exports;
  };
  return load;
}
