/**
 * Proofs that the harness tells the truth: held against servers that do something known, and keep account of it themselves.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import * as hdr from 'hdr-histogram-js';
import { WebSocket } from 'ws';
import { loadTest } from '../../src/main/load';
import type { LoadOptions } from '../../src/main/load/options';
import { reconciliationText } from '../../src/main/load/report/view';
import type { LoadResult } from '../../src/shared/load/result';
import { startDiscardingServer } from '../support/discarding-server';
import { FaultyServer } from '../support/faulty-server';
import { endAll, whenOver } from '../support/hubs';
import { inQuiet } from '../support/in-quiet';
import type { Random } from '../support/random';

afterEach(endAll);

/** What sockets and threads add to a latency at the most, if nothing disturbs them. */
const NOISE_MS = 20;
/** Once in so many. */
const NEVER = 2 ** 31;

const run = (options: LoadOptions): Promise<LoadResult> =>
  loadTest({ workers: 1, warmupMs: 0, settleMs: 50, seed: 7, ...options });

/** The value that so many percent are at or below: plainly, of all of them. */
function percentileOf(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
}

describe('a server that delays each message as a seed says', () => {
  it('has the percentiles that it made, within 2 %', async () => {
    await inQuiet(async () => {
      // From 100 to 600 ms: 2 % of it are far more than what sockets add.
      const delayMs = (random: Random) => 100 * 6 ** (random.below(10_000) / 10_000);
      const server = await FaultyServer.start({ to: 'sender', delayMs });
      const result = await run({
        url: server.url,
        mode: 'echo',
        clients: 20,
        ratePerSecond: 600,
        durationMs: 2_500,
        percentiles: [1, 10, 25, 50, 75, 90, 99],
      });
      const { passages } = server;
      expect(result.reconciliation).toMatchObject({
        expected: 1_500,
        received: 1_500,
        lost: 0,
        duplicated: 0,
      });
      expect(passages).toHaveLength(1_500);
      // What the stamps say is true: messages went when they say, and not before they should.
      const wayMs = passages.map(({ sentNs, receivedNs }) => (receivedNs - sentNs) / 1e6);
      expect(Math.min(...wayMs)).toBeGreaterThan(0);
      expect(Math.min(...wayMs)).toBeLessThan(5);
      expect(
        Math.min(...passages.map(({ intendedNs, sentNs }) => sentNs - intendedNs)),
      ).toBeGreaterThanOrEqual(0);

      const truth = {
        delivery: passages.map(({ sentNs, wroteNs }) => (wroteNs - sentNs) / 1e6),
        response: passages.map(({ intendedNs, wroteNs }) => (wroteNs - intendedNs) / 1e6),
      };
      for (const latency of ['delivery', 'response'] as const) {
        const { percentiles, count } = result.latency[latency];
        expect(count).toBe(1_500);
        expect(Object.keys(percentiles)).toHaveLength(7);
        const errors = Object.entries(percentiles).map(([percent, reported]) => {
          return Math.abs(reported! / percentileOf(truth[latency], Number(percent)) - 1);
        });
        expect(Math.max(...errors)).toBeLessThan(0.02);
      }
    });
  });
});

describe('a server that stands still for 200 ms', () => {
  it('shows in p99 as the intended times predict, and hides from one that waits for answers', async () => {
    await inQuiet(async () => {
      const server = await FaultyServer.start({ to: 'sender', pause: { afterMs: 1_000, ms: 200 } });
      const durationMs = 3_000;
      let closedLoop: Promise<number[]> | undefined;
      const measured = new AbortController();
      const result = await run({
        url: server.url,
        mode: 'echo',
        clients: 5,
        ratePerSecond: 500,
        durationMs,
        percentiles: [50, 96, 97, 98, 99],
        onEvent: (event) => {
          if (event.type !== 'phase') return;
          if (event.name === 'measure') closedLoop = askInTurn(server.url, measured.signal);
          if (event.name === 'drain') measured.abort();
        },
      });
      const { percentiles, maxMs, count } = result.latency.response;
      expect(count).toBe(1_500);
      // Messages of the pause wait for its end: so many percent of all wait at least so long.
      const pausedMs = server.pausedTo - server.pausedFrom;
      for (const percent of [96, 97, 98, 99]) {
        const predictedMs = pausedMs - (1 - percent / 100) * durationMs;
        expect(Math.abs(percentiles[percent]! - predictedMs)).toBeLessThan(NOISE_MS);
      }
      expect(maxMs).toBeGreaterThan(pausedMs - NOISE_MS);
      expect(percentiles[50]).toBeLessThan(NOISE_MS);
      // Who asks only after each answer has one question in the pause, however long it is.
      const answers = await closedLoop!;
      expect(Math.max(...answers)).toBeGreaterThan(100);
      expect(percentileOf(answers, 99)).toBeLessThan(percentiles[99]! / 2);
    });
  });
});

describe.each(['sink', 'ws'] as const)(
  'a server that drops, doubles, overtakes and damages (%s clients)',
  (client) => {
    it('is found out in every single case', async () => {
      const faults = { drop: 40, double: 50, overtake: 60, damage: 70 };
      const server = await FaultyServer.start({ to: 'everybody', faults, seed: 11 });
      const result = await run({
        url: server.url,
        publishUrl: server.publishUrl,
        client,
        clients: 10,
        publishers: 2,
        ratePerSecond: 1_000,
        durationMs: 1_000,
        drainTimeoutMs: 1_500,
        payload: { fill: 'random' },
        sizeBytes: { min: 32, max: 300 },
      });
      const { did } = server;
      for (const kind of [did.dropped, did.doubled, did.overtaken, did.damaged])
        expect(kind).toBeGreaterThan(30);
      expect(did.received).toBe(1_000);
      expect(result.reconciliation).toMatchObject({
        expected: 10_000,
        received: 10_000 - did.dropped - did.damaged,
        lost: did.dropped,
        duplicated: did.doubled,
        reordered: did.overtaken,
        corrupt: did.damaged,
        foreign: 0,
        addsUp: true,
      });
      expect(result.reconciliation.samples).toHaveLength(4);
      const [expected, ...parts] = reconciliationText(result).replaceAll(',', '').match(/\d+/g)!.map(Number);
      expect(parts.reduce((sum, part) => sum + part)).toBe(expected);
    });
  },
);

describe('a server that drops messages to a slow client', () => {
  it('is found out as far as the client has read, and not blamed for the rest', async () => {
    const faults = { drop: 10, double: NEVER, overtake: NEVER, damage: NEVER };
    const server = await FaultyServer.start({ to: 'everybody', faults, seed: 5 });
    const result = await run({
      url: server.url,
      publishUrl: server.publishUrl,
      clients: 1,
      slow: [{ clients: 1, name: 'slow', behaviour: { kind: 'rate', bytesPerSecond: 400_000 } }],
      publishers: 1,
      ratePerSecond: 500,
      sizeBytes: 4_096,
      durationMs: 1_000,
      drainTimeoutMs: 0,
    });
    const { reconciliation } = result;
    const { received, lost, droppedAtClose, samples } = reconciliation;
    expect(reconciliation).toMatchObject({ expected: 500, addsUp: true });
    // Messages come in order: it has passed over those that were dropped before the last that it got.
    const lastReceived = nth(server.sendings, received);
    const passedOver = lastReceived + 1 - received;
    expect(received).toBeGreaterThan(20);
    expect(passedOver).toBeGreaterThan(0);
    expect(lost).toBe(passedOver);
    expect(droppedAtClose).toBe(499 - lastReceived);
    expect(droppedAtClose).toBeGreaterThan(100);
    const first = server.sendings.indexOf(false);
    expect(samples).toEqual([
      `client 0, publisher 0: message ${first} did not come, and ${lost - 1} others of that stream`,
    ]);
    for (const row of result.series) expect(row.lost).toBeGreaterThanOrEqual(0);
    // It reads on after the last row.
    const inRows = result.series.reduce((sum, row) => sum + row.lost, 0);
    expect(inRows).toBeGreaterThan(0);
    expect(inRows).toBeLessThanOrEqual(lost);
  });
});

describe('a server that keeps messages', () => {
  it('is not taken for one that doubles them, when it gives those of an earlier test', async () => {
    const server = await FaultyServer.start({ to: 'everybody', keeps: true });
    const { url, publishUrl } = server;
    const options = { url, publishUrl, clients: 5, ratePerSecond: 200, durationMs: 250 };
    const first = await run(options);
    const second = await run(options);
    expect(first.reconciliation).toMatchObject({ expected: 250, received: 250, foreign: 0 });
    expect(second.reconciliation).toMatchObject({
      expected: 250,
      received: 250,
      lost: 0,
      duplicated: 0,
      reordered: 0,
      foreign: 250,
    });
    expect(second.reconciliation.samples.join()).toContain('of an earlier test');
  });
});

describe('the histograms of a result', () => {
  it('say to hdr-histogram-js what the result says', async () => {
    const server = await FaultyServer.start({ to: 'sender' });
    const result = await run({
      url: server.url,
      mode: 'echo',
      clients: 5,
      ratePerSecond: 2_000,
      durationMs: 1_000,
    });
    for (const summary of [result.latency.response, result.latency.delivery, result.latency.scheduleLag]) {
      const read = hdr.decodeFromCompressedBase64(summary.hdr, 64);
      expect(read.totalCount).toBe(summary.count);
      for (const name of ['50', '90', '99'])
        expect(summary.percentiles[name]).toBe(
          Math.min(read.getValueAtPercentile(Number(name)) / 1e6, summary.maxMs!),
        );
    }
  });
});

describe('a generator', () => {
  it('that is asked for more than it can do says that the figures are its own', async () => {
    const url = await startDiscardingServer();
    const result = await run({ url, mode: 'fan-in', clients: 4, ratePerSecond: 5_000_000, durationMs: 500 });
    expect(result.verdict).toMatchObject({ valid: false, limitedBy: 'client' });
    expect(result.totals.achieved).toBeLessThan(0.9);
    expect(result.verdict.reasons.join()).toMatch(
      /was busy \d|messages went .* late|only .* of the scheduled/,
    );
  });

  it('that has nothing much to do says nothing', async () => {
    const server = await FaultyServer.start({ to: 'sender' });
    const options: LoadOptions = {
      url: server.url,
      mode: 'echo',
      clients: 5,
      ratePerSecond: 100,
      durationMs: 500,
    };
    await inQuiet(async () => {
      const { verdict } = await run(options);
      expect(verdict).toMatchObject({ valid: true, limitedBy: 'none', reasons: [] });
    });
  });
});

/** Where the count-th that is true stands. */
function nth(values: readonly boolean[], count: number): number {
  let seen = 0;
  return values.findIndex((value) => value && ++seen === count);
}

/** How long each answer took, ms: asks 200 times a second at most, never before the last answer came. */
async function askInTurn(url: string, until: AbortSignal): Promise<number[]> {
  const socket = new WebSocket(url);
  whenOver(() => socket.terminate());
  await once(socket, 'open');
  const answers: number[] = [];
  while (!until.aborted) {
    const askedMs = performance.now();
    socket.send('?');
    await once(socket, 'message');
    answers.push(performance.now() - askedMs);
    await sleep(5);
  }
  return answers;
}
