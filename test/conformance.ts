/**
 * `npm run conformance`: the conformance table against `ringcast serve --target echo` as it is built, by category.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { type Category, CONFORMANCE, checkCase, type Mode, type Server } from './support/conformance';

const RINGCAST = path.join(__dirname, '../dist/main/cli/ringcast.js');
const MODES: Mode[] = ['message', 'fragments'];

interface Tally {
  passed: number;
  refusals: Record<number, number>;
  faults: string[];
}

async function tryCategory({ cases }: Category, mode: Mode, server: Server): Promise<Tally> {
  const tally: Tally = { passed: 0, refusals: {}, faults: [] };
  for (const one of cases) {
    const { fault, refused } = await checkCase(one, mode, server);
    if (fault !== undefined) tally.faults.push(`${one.title}: ${fault}`);
    else if (refused === undefined) tally.passed++;
    else tally.refusals[refused] = (tally.refusals[refused] ?? 0) + 1;
  }
  return tally;
}

async function tryServer(server: Server): Promise<number> {
  let faults = 0;
  for (const mode of MODES) {
    console.log(`\n${server.strict ? 'limits of a hub by default' : 'generous limits'}, receive: ${mode}\n`);
    console.log('category          rows  passed  refused on purpose  failed');
    for (const category of CONFORMANCE) {
      const tally = await tryCategory(category, mode, server);
      const refused = Object.entries(tally.refusals).map(([code, count]) => `${count} × ${code}`);
      const columns = [
        category.name.padEnd(16),
        `${category.cases.length}`.padStart(5),
        `${tally.passed}`.padStart(7),
        (refused.join(', ') || '–').padStart(19),
        `${tally.faults.length}`.padStart(7),
      ];
      console.log(columns.join(' '));
      for (const fault of tally.faults) console.log(`    ${fault}`);
      faults += tally.faults.length;
    }
  }
  return faults;
}

async function startEcho(...flags: string[]): Promise<{ process: ChildProcess; port: number }> {
  const args = [RINGCAST, 'serve', '--target', 'echo', '--compression', '--json', '--quiet', ...flags];
  const server = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface(server.stdout), 'line');
  return { process: server, port: Number(new URL(JSON.parse(line).url).port) };
}

async function main(): Promise<void> {
  let faults = 0;
  for (const strict of [false, true]) {
    const echo = await startEcho(...(strict ? ['--strict'] : []));
    try {
      faults += await tryServer({ port: echo.port, strict });
    } finally {
      echo.process.kill();
    }
  }
  console.log(faults === 0 ? '\nAll as it should be.' : `\n${faults} rows failed.`);
  process.exitCode = faults === 0 ? 0 : 1;
}

void main();
