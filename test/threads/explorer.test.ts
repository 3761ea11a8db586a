/**
 * The ring's own source under every schedule with a few preemptions, a kill at every point, and random ones; and faults that
 * are put into it on purpose, to show that they are found. The scenes and their bounds: test/support/explorer/scenes.ts.
 *
 * It runs as a program of its own: in jest's context the same takes five times as long.
 */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { loadRing } from '../support/explorer/library';
import { MUTATIONS } from '../support/explorer/mutations';
import { walk } from '../support/explorer/random-walk';
import { SCENES } from '../support/explorer/scenes';

interface Line {
  scene?: string;
  random?: string;
  mutation?: string;
  complete?: boolean;
  schedules: number;
  killed: number;
  found?: unknown;
}

let lines: Line[] = [];

beforeAll(async () => {
  const main = path.join(__dirname, '../support/explorer/main.ts');
  const program = ['-r', 'ts-node/register/transpile-only', main, '--json'];
  const run = promisify(execFile)(process.execPath, program, { maxBuffer: 2 ** 24 });
  // It ends with 1 if it has found something: which, the tests tell.
  const { stdout } = await run.catch((failure: { stdout: string; stderr: string }) => {
    if (failure.stdout === '') throw failure;
    return failure;
  });
  lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}, 300_000);

describe('the ring as its source says', () => {
  it.each(SCENES)('keeps its promises under every schedule: $name', ({ name, kills }) => {
    const explored = lines.find(({ scene }) => scene === name);
    expect(explored).toMatchObject({ complete: true });
    expect(explored?.found).toBeUndefined();
    expect(explored?.schedules).toBeGreaterThan(100);
    if (kills !== undefined) expect(explored?.killed).toBeGreaterThan(50);
  });

  it.each(SCENES)('keeps them under random schedules, every single access a point: $name', ({ name }) => {
    const walked = lines.find(({ random }) => random === name);
    expect(walked?.schedules).toBeGreaterThan(1_000);
    expect(walked).not.toHaveProperty('found');
  });
});

describe('a fault put into the source', () => {
  it.each(MUTATIONS)('is found: $name', ({ name }) => {
    expect(lines.find(({ mutation }) => mutation === name)).toHaveProperty('found');
  });

  it('says so when the source has changed and it no longer applies', () => {
    const edit = { file: 'ring/close', find: 'no such text', replace: '' };
    expect(() => loadRing([edit])).toThrow('the edit of ring/close no longer applies');
  });

  it('is told, if found at random, without switches that it does not need', () => {
    const mutation = MUTATIONS.find(({ name }) => name === 'the bell before the commit');
    const scene = SCENES.find(({ name }) => name === 'two producers and a service thread');
    if (mutation === undefined || scene === undefined) throw new Error('gone');
    const found = [1, 2, 3, 4, 5, 6, 7, 8].map(
      (seed) => walk(scene, loadRing(mutation.edits), seed, 10_000).found,
    );
    for (const one of found) {
      expect(one?.message).toContain('sleeps over records');
      expect(one?.deviations.length).toBeLessThanOrEqual(one?.switches ?? 0);
    }
    expect(found.some((one) => (one?.deviations.length ?? 0) < (one?.switches ?? 0))).toBe(true);
  });
});
