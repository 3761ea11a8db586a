/** What the engine tells an operator of faults that should not happen. */
import { emitStderr, LogLevel, type LogRecord, setLogLevel } from '../../../../src/shared/log';
import { NO_GATE, RecordKind } from '../../../../src/shared/ring';
import { EngineWorld } from '../../../support/engine-world';

const lines: LogRecord[] = [];
beforeEach(() => setLogLevel(LogLevel.WARN, (record) => lines.push(record)));
afterEach(() => {
  setLogLevel('none', emitStderr);
  lines.length = 0;
});

describe('the log of an engine', () => {
  it('warns of a lane whose bytes make no sense, and goes on', () => {
    const world = new EngineWorld();
    const peer = world.connect('ticks');
    world.settle(peer);
    world.post('ticks', 'torn by its owner');
    world.ring.words[world.ring.laneBase(0) >>> 2] = -1;
    world.settle(peer);
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'warn',
        message: expect.stringMatching(/lane holds nonsense \(1 times/),
      }),
    ]);
    world.post('ticks', 'whole');
    world.settle(peer);
    expect(world.total).toMatchObject({ posted: 1, sent: 1 });
  });

  it('warns of a wake-up that was lost, and finds the record', () => {
    const world = new EngineWorld();
    world.run();
    // The doorbell rings, but the event loop that would bring it here does not turn.
    expect(world.producers[0].tryPost(RecordKind.TEXT, -1, 'x', NO_GATE, { name: Buffer.from('a') })).toBe(
      'posted',
    );
    world.scheduler.pass(2_000);
    world.run();
    expect(lines.map(({ message }) => message)).toEqual([
      'a wake-up was lost, the safety net found it: please report this',
    ]);
    expect(world.total.posted).toBe(1);
  });
});
