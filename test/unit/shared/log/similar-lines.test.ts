import { LogLevel, type LogRecord } from '../../../../src/shared/log';
import { makeRecord } from '../../../../src/shared/log/record';
import {
  SIMILAR_BURST,
  SIMILAR_LONGEST_SILENCE_MS,
  SIMILAR_MAX_KINDS,
  SIMILAR_QUIET_MS,
  SimilarLines,
} from '../../../../src/shared/log/similar-lines';

class World {
  nowMs = 5_000;
  readonly told: LogRecord[] = [];
  readonly lines = new SimilarLines(
    () => this.nowMs,
    (summary) => this.told.push(summary),
  );

  /** @returns how many of so many lines went out */
  log(kind: string, count = 1, text = kind): number {
    let passed = 0;
    for (let i = 0; i < count; i++)
      if (this.lines.admit(kind, makeRecord(LogLevel.WARN, 'main', text))) passed++;
    return passed;
  }

  get messages(): string[] {
    return this.told.map(({ message }) => message);
  }
}

describe('repeated lines', () => {
  it('go out a few times, then they are counted, and told of after a quiet second', () => {
    const world = new World();
    expect(world.log('slow', SIMILAR_BURST + 1_203)).toBe(SIMILAR_BURST);
    expect(world.lines.dueInMs).toBe(SIMILAR_QUIET_MS);
    world.nowMs += SIMILAR_QUIET_MS - 1;
    world.lines.sweep();
    expect(world.told).toEqual([]);
    world.nowMs += 1;
    world.lines.sweep();
    expect(world.told).toMatchObject([{ message: '… 1,203 similar: slow', similar: 1_203, level: 'warn' }]);
    expect(world.lines.dueInMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('do not count against lines of another kind', () => {
    const world = new World();
    world.log('slow', 100);
    expect(world.log('fast', 3)).toBe(3);
  });

  it('that come slowly all go out', () => {
    const world = new World();
    for (let line = 0; line < 100; line++) {
      expect(world.log('now and then')).toBe(1);
      world.nowMs += SIMILAR_QUIET_MS / SIMILAR_BURST;
    }
    expect(world.told).toEqual([]);
  });

  it('go out again after a quiet second', () => {
    const world = new World();
    world.log('slow', 100);
    world.nowMs += SIMILAR_QUIET_MS;
    world.lines.sweep();
    expect(world.log('slow', 100)).toBe(SIMILAR_BURST);
  });

  it('are told of now and then while they do not end, with the text of the last', () => {
    const world = new World();
    let passed = 0;
    let count = 0;
    for (const end = world.nowMs + 3 * SIMILAR_LONGEST_SILENCE_MS; world.nowMs < end; world.nowMs += 10) {
      passed += world.log('flood', 1, `flood ${++count}`);
    }
    expect(passed).toBe(SIMILAR_BURST);
    expect(world.messages[0]).toMatch(/^… 1,00\d similar: flood 101\d$/);
    expect(world.told).toHaveLength(2);
    world.lines.end();
    expect(passed + world.told.reduce((sum, { similar = 0 }) => sum + similar, 0)).toBe(count);
  });

  it('are told of by the next call, in a thread that never comes back to its event loop', () => {
    const world = new World();
    world.log('slow', SIMILAR_BURST + 5);
    world.nowMs += SIMILAR_QUIET_MS;
    expect(world.log('other')).toBe(1);
    expect(world.messages).toEqual(['… 5 similar: slow']);
  });

  it('are told of at the end', () => {
    const world = new World();
    world.log('slow', SIMILAR_BURST + 2);
    world.log('quiet');
    world.lines.end();
    expect(world.messages).toEqual(['… 2 similar: slow']);
    world.lines.end();
    expect(world.told).toHaveLength(1);
  });

  it('take memory for so many kinds only; one that must go is told of', () => {
    const world = new World();
    world.log('first', SIMILAR_BURST + 1);
    for (let kind = 1; kind < SIMILAR_MAX_KINDS; kind++) world.log(`kind ${kind}`);
    expect(world.told).toEqual([]);
    world.log('one more');
    expect(world.messages).toEqual(['… 1 similar: first']);
    expect(world.log('first')).toBe(1); // forgotten: it begins anew
  });
});
