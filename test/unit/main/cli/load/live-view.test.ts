import { JsonDisplay, PlainDisplay } from '../../../../../src/main/cli/load/displays';
import { FRAMES_PER_SECOND, LiveView, type Ticker } from '../../../../../src/main/cli/load/live-view';
import type { RunNotice } from '../../../../../src/main/load/observe/observer';
import type { LoadEvent } from '../../../../../src/main/load/options';
import type { SeriesRow } from '../../../../../src/shared/load/result';
import { loadResult } from '../../../../support/load-result';

/** What a terminal shows of the escape sequences that the view uses; others are a fault. */
class FakeTerminal {
  columns = 80;
  rows = 24;
  cursorShown = true;
  writes = 0;
  readonly #lines: string[] = [''];
  #row = 0;
  #column = 0;

  get text(): string {
    return this.#lines.join('\n').trimEnd();
  }

  write(text: string): void {
    this.writes++;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what terminals obey
    for (const [part] of text.matchAll(/\x1b\[[?\d;]*[A-Za-z]|\r|\n|[^\x1b\r\n]+/g)) this.#take(part);
  }

  #take(part: string): void {
    const up = /^.\[(\d+)A$/.exec(part);
    if (up !== null) this.#row = Math.max(0, this.#row - Number(up[1]));
    else if (part === '\r') this.#column = 0;
    else if (part === '\n') this.#newLine();
    else if (part === '\x1b[K') this.#lines[this.#row] = this.#lines[this.#row]!.slice(0, this.#column);
    else if (part === '\x1b[J') this.#clearBelow();
    else if (part === '\x1b[?25l' || part === '\x1b[?25h') this.cursorShown = part.endsWith('h');
    else if (part.startsWith('\x1b[?2026')) return;
    else if (part.startsWith('\x1b')) throw new Error(`unknown sequence ${JSON.stringify(part)}`);
    else this.#print(part);
  }

  #newLine(): void {
    this.#row++;
    this.#column = 0;
    if (this.#row === this.#lines.length) this.#lines.push('');
  }

  #clearBelow(): void {
    this.#lines.length = this.#row + 1;
    this.#lines[this.#row] = this.#lines[this.#row]!.slice(0, this.#column);
  }

  #print(part: string): void {
    if (this.#column + part.length > this.columns) throw new Error(`a line wraps: ${part}`);
    const line = this.#lines[this.#row]!.padEnd(this.#column);
    this.#lines[this.#row] = line.slice(0, this.#column) + part + line.slice(this.#column + part.length);
    this.#column += part.length;
  }
}

class FakeTicker implements Ticker {
  #now = 0;
  #tick: (() => void) | undefined;
  everyMs = 0;

  now(): number {
    return this.#now;
  }

  every(ms: number, tick: () => void): () => void {
    this.everyMs = ms;
    this.#tick = tick;
    return () => {
      this.#tick = undefined;
    };
  }

  get runs(): boolean {
    return this.#tick !== undefined;
  }

  /** Time goes by, frame by frame. */
  pass(ms: number): void {
    for (const end = this.#now + ms; this.#now < end; ) {
      this.#now += this.everyMs;
      this.#tick?.();
    }
  }
}

const { config: plan, series } = loadResult();
const notice: RunNotice = {
  title: 'run 1 of 2',
  plan: { ...plan, clients: 2_000, warmupMs: 2_000, durationMs: 30_000 },
  url: 'ws://127.0.0.1:8080/',
};
const row: SeriesRow = {
  ...series[0]!,
  atMs: 3_000,
  connected: 2_000,
  publishedPerSecond: 20_000,
  targetPerSecond: 20_000,
  receivedPerSecond: 40_000_000,
  responseP50Ms: 1.21,
  responseP99Ms: 4.8,
  responseMaxMs: 14.1,
  lost: 0,
  errors: 0,
};

const views: LiveView[] = [];
afterEach(() => {
  for (const view of views.splice(0)) view.clear();
});

function started(columns = 80): { terminal: FakeTerminal; ticker: FakeTicker; view: LiveView } {
  const [terminal, ticker] = [new FakeTerminal(), new FakeTicker()];
  terminal.columns = columns;
  const view = new LiveView(terminal, undefined, ticker);
  view.run(notice);
  views.push(view);
  return { terminal, ticker, view };
}

describe('the live view', () => {
  test('shows the phase and how far it is, and moves on its own', () => {
    const { terminal, ticker, view } = started();
    view.event({ type: 'phase', name: 'connect' });
    view.event({ type: 'connecting', connected: 500, failed: 3, clients: 2_000 });
    ticker.pass(250);
    expect(terminal.text).toMatch(/^run 1 of 2 {2}broadcast {2}ws:\/\/127\.0\.0\.1:8080\/ {2}2,000 clients/);
    expect(terminal.text).toMatch(/connect +█+░+ +500 of 2,000 connected, 3 failed/);
    view.event({ type: 'phase', name: 'warm-up' });
    ticker.pass(1_000);
    expect(terminal.text).toMatch(/warm-up +█{15}░{14} +1\.0 s of 2\.0 s/);
  });

  test('shows the last second', () => {
    const { terminal, ticker, view } = started();
    view.event({ type: 'phase', name: 'measure' });
    view.event({ type: 'second', row });
    ticker.pass(250);
    expect(terminal.text).toContain('20,000/s of 20,000/s');
    expect(terminal.text).toContain('p50 1.21 ms   p99 4.80 ms   max 14.1 ms');
    expect(terminal.text).toContain('connected   2,000 of 2,000   lost 0   errors 0');
  });

  test('what is not known is n/a, never 0', () => {
    const { terminal, ticker, view } = started();
    view.event({
      type: 'second',
      row: { ...row, responseP50Ms: null, responseP99Ms: null, responseMaxMs: null, serverCpu: null },
    });
    ticker.pass(250);
    expect(terminal.text).toContain('p50 n/a   p99 n/a   max n/a');
    expect(terminal.text).not.toContain('server ');
  });

  test('draws over itself, four times a second at the most, however many events come', () => {
    const { terminal, ticker, view } = started();
    view.event({ type: 'phase', name: 'measure' });
    const before = terminal.writes;
    for (let at = 0; at < 1_000; at++) view.event({ type: 'second', row });
    ticker.pass(1_000);
    expect(ticker.everyMs).toBe(1000 / FRAMES_PER_SECOND);
    expect(terminal.writes - before).toBe(FRAMES_PER_SECOND);
    expect(terminal.text.match(/connected/g)).toHaveLength(1);
  });

  test.each([10, 20, 40, 60, 79, 200])('no line wraps in %d columns', (columns) => {
    const { terminal, ticker, view } = started(Math.max(columns, 21));
    view.event({ type: 'second', row });
    view.event({ type: 'phase', name: 'measure' });
    ticker.pass(500);
    expect(terminal.text).toContain('measure');
  });

  test('a terminal that is lower than the block gets its first lines', () => {
    const { terminal, ticker, view } = started();
    terminal.rows = 4;
    view.event({ type: 'second', row });
    ticker.pass(500);
    expect(terminal.text.split('\n')).toHaveLength(3);
  });

  test('lines that stay go above the block', () => {
    const { terminal, view } = started();
    view.event({ type: 'warning', message: 'few\x1b[2J descriptors' });
    expect(terminal.text).toMatch(/^warning: few\ufffd\[2J descriptors\nrun 1 of 2/);
  });

  test('the cursor is hidden while it draws, and comes back with the result; nothing is left', () => {
    const { terminal, ticker, view } = started();
    expect(terminal.cursorShown).toBe(false);
    view.event({ type: 'result', result: loadResult() });
    expect({ shown: terminal.cursorShown, text: terminal.text, runs: ticker.runs }).toEqual({
      shown: true,
      text: '',
      runs: false,
    });
  });

  test('the cursor comes back when the process exits in the middle of it', () => {
    const { terminal } = started();
    const [restore] = process.listeners('exit').slice(-1) as (() => void)[];
    restore!();
    expect(terminal.cursorShown).toBe(true);
    expect(process.listeners('exit')).not.toContain(restore);
  });
});

describe('without a terminal', () => {
  test('each phase is a line, and each second', () => {
    const lines: string[] = [];
    const display = new PlainDisplay((line) => lines.push(line));
    display.run(notice);
    for (const event of [
      { type: 'phase', name: 'connect' },
      { type: 'phase', name: 'measure' },
      { type: 'second', row },
      { type: 'warning', message: 'oh' },
    ] satisfies LoadEvent[]) {
      display.event(event);
    }
    expect(lines).toEqual([
      'run 1 of 2',
      'connect: 2000 clients',
      'measure: 30 s',
      expect.stringMatching(
        /^ {2}3\.0 s .* published 20,000\/s {2}received 40,000,000\/s {2}p50 1\.21 ms {2}p99 4\.80 ms/,
      ),
      'warning: oh',
    ]);
  });

  test('as JSON each event is a line, the result last', () => {
    const lines: string[] = [];
    const display = new JsonDisplay((line) => lines.push(line));
    display.run(notice);
    display.event({ type: 'phase', name: 'measure' });
    display.event({ type: 'second', row });
    display.event({ type: 'result', result: loadResult() });
    const events = lines.map((line) => JSON.parse(line));
    expect(events.map(({ event }) => event)).toEqual(['run', 'phase', 'second', 'result']);
    expect(events[0]).toEqual({
      event: 'run',
      title: 'run 1 of 2',
      url: 'ws://127.0.0.1:8080/',
      mode: 'broadcast',
      clients: 2_000,
      publishers: plan.publishers,
      durationMs: 30_000,
      warmupMs: 2_000,
    });
    expect(events[2].row).toEqual(row);
    expect(events[3].result).toEqual(JSON.parse(JSON.stringify(loadResult())));
  });
});
