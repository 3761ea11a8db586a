/** The stages of messages through an engine whose clock the test turns. */
import { ProbeWriter } from '../../../../src/shared/load/probe-writer';
import { StageMemory } from '../../../../src/workers/load/stage-memory';
import { StageObserver } from '../../../../src/workers/load/stage-observer';
import { EngineWorld } from '../../../support/engine-world';
import { payloadPlan } from '../../../support/payload-plans';

const MS = 1e6;

function observedWorld() {
  const memory = new StageMemory();
  let nowNs = 1_000 * MS;
  const world = new EngineWorld({ observer: new StageObserver(memory, () => nowNs) });
  const probes = new ProbeWriter(payloadPlan(64), 1);
  memory.begin({ startNs: 0, measureFromNs: 1_000 * MS, measureToNs: 2_000 * MS });
  return {
    memory,
    world,
    pass: (ms: number) => {
      nowNs += ms * MS;
    },
    post: (sequence: number, intendedNs = nowNs) =>
      world.post('ticks', probes.write(0, sequence, intendedNs, nowNs)),
  };
}

/** Each stage's count and highest value, in whole milliseconds. */
function figures({ stages }: StageMemory) {
  return Object.fromEntries(
    Object.entries(stages).map(([name, stage]) => [name, [stage.count, Math.round((stage.maxNs ?? 0) / MS)]]),
  );
}

test('a message waits in the ring, then for its connection, then for the operating system', () => {
  const { memory, world, pass, post } = observedWorld();
  const peer = world.connect('ticks');
  world.settle(peer);
  post(0);
  pass(3);
  world.run();
  pass(5);
  peer.socket.complete();
  world.settle(peer);
  expect(figures(memory)).toEqual({ ringWait: [1, 3], drain: [1, 0], fanOut: [1, 0], write: [1, 5] });
});

test('what a connection could not take while it was writing counts as waiting for the fan-out', () => {
  const { memory, world, pass, post } = observedWorld();
  const [fast, slow] = [world.connect('ticks'), world.connect('ticks')];
  world.settle(fast, slow);
  post(0);
  world.run();
  fast.socket.complete();
  post(1);
  post(2);
  world.run();
  fast.socket.complete();
  pass(7);
  slow.socket.complete();
  world.settle(fast, slow);
  expect(figures(memory)).toEqual({ ringWait: [3, 0], drain: [3, 0], fanOut: [6, 7], write: [6, 7] });
});

test('only messages count that were intended within the window, whenever they went', () => {
  const { memory, world, post } = observedWorld();
  const peer = world.connect('ticks');
  world.settle(peer);
  for (const [sequence, intendedMs] of [999, 1_000, 1_001, 2_000].entries()) post(sequence, intendedMs * MS);
  world.settle(peer);
  expect(figures(memory)).toMatchObject({ ringWait: [2, 0], fanOut: [2, 0], write: [2, 0] });
});

test('messages without a stamp, and those for nobody, are not measured', () => {
  const { memory, world, post } = observedWorld();
  post(0);
  world.run();
  const peer = world.connect('ticks');
  world.post('ticks', 'plain text');
  world.settle(peer);
  expect(Object.values(memory.stages).map(({ count }) => count)).toEqual([0, 0, 0, 0]);
});
