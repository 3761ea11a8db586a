/**
 * Command lines that are wrong: each is told in one line and a remedy, with the documented exit code, and starts nothing.
 * `golden/command-lines.txt` has them with all that they print.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DaemonFolder, endDaemons } from '../support/daemons';
import { endAll } from '../support/hubs';
import { RINGCAST } from '../support/program';

const GOLDEN = readFileSync(path.join(__dirname, 'golden/command-lines.txt'), 'utf8');
const AT_ONCE = 4;

afterEach(async () => {
  await endAll();
  await endDaemons();
});

/** As a shell would, as far as it is needed: words, and single quotes around others. */
function argumentsOf(line: string): string[] {
  return Array.from(line.matchAll(/'([^']*)'|(\S+)/g), ([, quoted, word]) => quoted ?? word);
}

/** A folder with the files that the command lines name. */
function folderWithFiles(): DaemonFolder {
  const folder = new DaemonFolder();
  mkdirSync(folder.file('folder'));
  mkdirSync(folder.file('run'));
  writeFileSync(folder.file('broken.yaml'), 'port: [1\n');
  writeFileSync(folder.file('wrong.yaml'), 'port: http\nring: { laneBytes: 3000 }\n');
  writeFileSync(folder.file('wrong-tls.yaml'), 'tls: { key: ./none.pem, cert: ./wrong.yaml }\n');
  return folder;
}

async function outcomeOf(folder: DaemonFolder, line: string): Promise<string> {
  const environment = { XDG_RUNTIME_DIR: folder.file('run') };
  const program = folder.program(RINGCAST, argumentsOf(line), environment);
  program.process.stdin?.end();
  const { code, stdout, stderr } = await program.ended;
  const said = `${stderr}${stdout && `(stdout) ${stdout}`}= ${code}\n`;
  return `$ ringcast ${line}\n${said.replaceAll(folder.path, 'FOLDER')}`;
}

test('each of 60 and more is told with its remedy and its exit code, and leaves nothing', async () => {
  const folder = folderWithFiles();
  const before = readdirSync(folder.path);
  const lines = Array.from(GOLDEN.matchAll(/^\$ ringcast (.*)$/gm), ([, line]) => line);
  expect(lines.length).toBeGreaterThanOrEqual(60);
  const said: string[] = [];
  for (let at = 0; at < lines.length; at += AT_ONCE) {
    said.push(...(await Promise.all(lines.slice(at, at + AT_ONCE).map((line) => outcomeOf(folder, line)))));
  }
  expect(said.join('\n')).toBe(GOLDEN);
  expect(said.join('\n')).not.toMatch(/^\s+at /m);
  expect(readdirSync(folder.path)).toEqual(before);
  expect(folder.processes()).toEqual([]);
}, 180_000);
