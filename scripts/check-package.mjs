// Checks the package as users get it: packs it, lets publint and attw judge the tarball, then loads the
// unpacked copy with nothing but its declared dependencies beside it. Leaves nothing behind.
// Run after a build: `npm run check:package`.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const scratch = mkdtempSync(join(tmpdir(), 'ringcast-package-'));

function run(program, args, options = {}) {
  return execFileSync(program, args, { cwd: root, encoding: 'utf8', ...options });
}

function runTool(name, ...args) {
  run(join(root, 'node_modules', '.bin', name), args, { stdio: 'inherit' });
}

/** A project folder that holds the unpacked tarball and links to its runtime dependencies, and no more. */
function installInto(project, tarball) {
  const installed = join(project, 'node_modules', manifest.name);
  mkdirSync(installed, { recursive: true });
  run('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
  for (const name of Object.keys(manifest.dependencies)) {
    const link = join(project, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), link, 'dir');
  }
  return installed;
}

/** Both doors of an entry must lead to the same values, under the same names. */
function checkEntry(project, specifier) {
  const required = createRequire(join(project, 'index.js'))(specifier);
  const names = Object.keys(required).sort();
  assert.ok(names.length > 0, `require('${specifier}') exports nothing`);
  const program = `
    import * as imported from '${specifier}';
    import { createRequire } from 'node:module';
    const required = createRequire(import.meta.url)('${specifier}');
    const names = Object.keys(imported).sort();
    console.log(JSON.stringify({ names, twice: names.filter((name) => imported[name] !== required[name]) }));`;
  const output = run(process.execPath, ['--input-type=module', '--eval', program], { cwd: project });
  const { names: importedNames, twice } = JSON.parse(output);
  assert.deepEqual(importedNames, names, `import and require of '${specifier}' differ in their names`);
  assert.deepEqual(twice, [], `import and require of '${specifier}' give different values`);
  console.log(`${specifier}: ${names.join(', ')}`);
}

function checkProgram(installed) {
  const program = join(installed, manifest.bin[manifest.name]);
  const version = run(process.execPath, [program, '--version'], { cwd: scratch }).trim();
  assert.ok(version.includes(manifest.version), `--version printed '${version}', not ${manifest.version}`);
  console.log(`${manifest.name} --version: ${version}`);
}

try {
  const [packed] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', scratch]));
  const tarball = join(scratch, packed.filename);
  console.log(`${packed.filename}: ${packed.entryCount} files, ${Math.round(packed.size / 1024)} KiB packed`);
  runTool('publint', '--strict', tarball);
  // Profile node16: resolvers older than `exports` find the main entry by `main`, but no subpath.
  runTool('attw', '--profile', 'node16', tarball);
  const installed = installInto(scratch, tarball);
  checkEntry(scratch, manifest.name);
  checkEntry(scratch, `${manifest.name}/producer`);
  checkEntry(scratch, `${manifest.name}/load`);
  checkProgram(installed);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
