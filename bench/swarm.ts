/**
 * `npm run bench:swarm [CLIENTS]`: as many peers as one machine takes whose limit is 20,000 descriptors a process, against a hub
 * in a process of its own; every message goes to every peer. Tells how long connecting took, what an idle peer costs on both
 * sides, and what became of the messages.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

import type { LoadEvent, LoadOptions } from '../src/main/load/options';
import type { LoadResult } from '../src/shared/load/result';

const DIST = path.join(__dirname, '../dist/main/load/index.js');
const CLIENTS = Number(process.argv[2] ?? 19_000);
const PROCESSES = 2;
const OPTIONS: LoadOptions = {
  clients: CLIENTS,
  processes: PROCESSES,
  ratePerSecond: 1,
  durationMs: 8_000,
  warmupMs: 2_000,
  drainTimeoutMs: 20_000,
  connectRatePerSecond: 5_000,
  connectConcurrency: 1_000,
  connectTimeoutMs: 60_000,
};

/** Of the processes that this one started, by what runs in them. */
function residentBytes(): number[] {
  const rows = execFileSync('ps', ['-o', 'rss=,args=', '--ppid', String(process.pid)], { encoding: 'utf8' });
  return rows
    .split('\n')
    .filter((row) => row.includes('process-entry'))
    .map((row) => Number.parseInt(row, 10) * 1024);
}

async function main(): Promise<void> {
  if (!existsSync(DIST)) throw new Error('there is no build: npm run build');
  const { loadTest } = require(DIST) as { loadTest(options: LoadOptions): Promise<LoadResult> };
  const resident: { [phase: string]: number } = {};
  const onEvent = (event: LoadEvent): void => {
    if (event.type === 'phase') resident[event.name] = residentBytes().reduce((sum, bytes) => sum + bytes, 0);
  };
  const { run, totals, reconciliation, latency, server, verdict, errors } = await loadTest({
    ...OPTIONS,
    onEvent,
  });
  const connectMs = run.phases.find(({ name }) => name === 'connect')?.ms ?? Number.NaN;
  const perPeer = ((resident.settle ?? Number.NaN) - (resident.connect ?? Number.NaN)) / totals.opened;
  console.log(`${totals.opened} of ${CLIENTS} peers connected, by ${PROCESSES} processes`);
  console.log(
    `connecting     ${(connectMs / 1e3).toFixed(1)} s, ${Math.round(totals.opened / (connectMs / 1e3))}/s, 10,000 in ${((connectMs / totals.opened) * 10).toFixed(1)} s`,
  );
  console.log(
    `an idle peer   ${(perPeer / 1024).toFixed(1)} KiB here, ${kib(server?.rssPerClientBytes)} there`,
  );
  console.log(
    `messages       ${totals.published} to everybody: ${reconciliation.received} of ${reconciliation.expected} received, ${reconciliation.droppedByPolicy + reconciliation.droppedAtClose} dropped, ${reconciliation.lost} lost`,
  );
  console.log(
    `response       p50 ${latency.response.percentiles['50']?.toFixed(1)} ms, max ${latency.response.maxMs?.toFixed(1)} ms`,
  );
  for (const { phase, code, count } of errors) console.log(`errors         ${phase} ${code}: ${count}`);
  for (const reason of verdict.reasons) console.log(`because        ${reason}`);
}

function kib(bytes: number | null | undefined): string {
  return bytes === null || bytes === undefined ? 'n/a' : `${(bytes / 1024).toFixed(1)} KiB`;
}

void main();
