/**
 * What the live view costs: in one run it is on and off by turns, a few seconds each, and the processor time of the process is
 * compared; and the time that drawing itself takes is added up.
 *
 *     npm run bench:live-view
 */
import { openSync, writeSync } from 'node:fs';
import { LiveView } from '../src/main/cli/load/live-view';
import { loadTest } from '../src/main/load';
import type { LoadEvent } from '../src/main/load/options';
import { resolvePlan } from '../src/main/load/resolve-plan';

const TURN_SECONDS = 3;
const OPTIONS = { clients: 200, ratePerSecond: 200, durationMs: 24_000, warmupMs: 1_000 };

const output = openSync(process.stderr.isTTY ? '/dev/tty' : '/dev/null', 'w');
let drawingMs = 0;
let shownSeconds = 0;
const cpu: { on: number[]; off: number[] } = { on: [], off: [] };

/** The real clock, with a look at how long each frame takes. */
const ticker = {
  now: () => performance.now(),
  every(ms: number, tick: () => void) {
    const timer = setInterval(() => timed(tick), ms);
    return () => clearInterval(timer);
  },
};

function timed(draw: () => void): void {
  const before = performance.now();
  draw();
  drawingMs += performance.now() - before;
}

async function main(): Promise<void> {
  const plan = resolvePlan(OPTIONS);
  const view = new LiveView(
    { columns: 100, rows: 30, write: (text) => writeSync(output, text) },
    undefined,
    ticker,
  );
  let seconds = 0;
  let before = process.cpuUsage();
  const onEvent = (event: LoadEvent): void => {
    timed(() => view.event(event));
    if (event.type !== 'second' || event.row.phase !== 'measure') return;
    const spent = process.cpuUsage(before);
    before = process.cpuUsage();
    const on = Math.floor(seconds / TURN_SECONDS) % 2 === 1;
    cpu[on ? 'on' : 'off'].push((spent.user + spent.system) / 1e3);
    if (on) shownSeconds++;
    seconds++;
    const next = Math.floor(seconds / TURN_SECONDS) % 2 === 1;
    if (next && !on) view.run({ title: '', plan, url: 'ws://127.0.0.1/' });
    if (!next && on) view.clear();
  };
  await loadTest({ ...OPTIONS, onEvent });
  view.clear();
  console.log(`drawing: ${((drawingMs / (shownSeconds * 1e3)) * 100).toFixed(3)} % of one core`);
  for (const [name, values] of Object.entries(cpu)) {
    console.log(
      `processor time of a second, view ${name}: ${median(values).toFixed(1)} ms (median of ${values.length})`,
    );
  }
}

function median(values: number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

void main();
