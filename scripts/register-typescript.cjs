// Lets threads of load tests run from sources: `node -r` this. Each file is compiled once and kept by its content, so that a
// thread starts in a tenth of the time that ts-node takes, which loads the whole compiler each time.

const { createHash } = require('node:crypto');
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { threadId } = require('node:worker_threads');

const CACHE = join(__dirname, '..', 'node_modules', '.cache', 'ringcast-typescript');

function compile(source, fileName) {
  const ts = require('typescript');
  return ts.transpileModule(source, {
    fileName,
    compilerOptions: {
      module: ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ES2022,
      esModuleInterop: true,
      inlineSourceMap: true,
      inlineSources: true,
    },
  }).outputText;
}

function compiledOnce(source, fileName) {
  const file = join(CACHE, `${createHash('sha1').update(fileName).update(source).digest('hex')}.js`);
  try {
    return readFileSync(file, 'utf8');
  } catch {
    const output = compile(source, fileName);
    mkdirSync(CACHE, { recursive: true });
    // Renamed when it is whole: other threads and processes may want it at the same time.
    const unfinished = `${file}.${process.pid}.${threadId}`;
    writeFileSync(unfinished, output);
    renameSync(unfinished, file);
    return output;
  }
}

require.extensions['.ts'] = (module, fileName) => {
  module._compile(compiledOnce(readFileSync(fileName, 'utf8'), fileName), fileName);
};
