/** Small worlds that are explored: few threads, few records, lanes of 128 to 256 bytes. */
import type { RingConsumer } from '../../../src/shared/ring';
import { LaneState } from '../../../src/shared/ring/lanes';
import { ownerOf } from '../ring';
import { Finding } from './finding';
import type { Library } from './library';
import { type SimThread, type Steps, stepsOf } from './machine';
import type { Scene } from './search';
import { World } from './world';

/** Near 2^32, so that positions wrap in every scene. */
const POSITION = 2 ** 32 - 64;
/** A lane of 128 bytes holds three records of up to 8 bytes, and two of these with padding. */
const SMALL = { laneBytes: 128, position: POSITION };
const ROOMY = { laneBytes: 256, position: POSITION };

/** Two producers and a service thread that sleeps between the records. */
function twoProducers(library: Library): World {
  const world = new World(library, { ...ROOMY, maxProducers: 2 });
  world.service();
  world.producer('producer 1', [3, 8], { killable: true });
  world.producer('producer 2', [5], { killable: true });
  return world;
}

/** One producer that goes round its lane, over padding, and waits for room. */
function wrapping(library: Library): World {
  const world = new World(library, { ...SMALL, maxProducers: 1 });
  world.service({ budget: 1 });
  world.producer('producer', [24, 8, 0, 30], { wait: true, killable: true });
  return world;
}

/** A lane that is full: the second producer is not touched by it. */
function full(library: Library): World {
  const world = new World(library, { ...SMALL, maxProducers: 2 });
  world.service({ budget: 1 });
  world.producer('producer 1', [0, 0, 32, 32], { wait: true, killable: true }); // the last one needs the room of two
  world.producer('producer 2', [1]);
  return world;
}

/** The ring is closed while others post, wait and attach: each post is sent, or answers `'closed'`. */
function closing(library: Library): World {
  const world = new World(library, { ...SMALL, maxProducers: 2 });
  const service = world.service({ untilClosed: true, budget: 2 });
  world.producer('producer', [32, 9], { wait: true, killable: true });
  world.attacher('late producer', [2]);
  closer(world, service);
  return world;
}

/** The ring is closed while a producer waits at a gate that stays shut. */
function closingAtGate(library: Library): World {
  const world = new World(library, { ...SMALL, maxProducers: 1, gateCount: 1 });
  const service = world.service({ untilClosed: true });
  library.machine.as(service, () => library.ring.closeGate(world.ring, 0, 0));
  world.producer('producer', [1], { wait: true, gate: 0 });
  closer(world, service);
  return world;
}

function closer(world: World, service: SimThread): void {
  const { machine, ring: lib } = world.library;
  machine.spawn('closer', function* (): Steps {
    yield 0;
    world.history.closeBegins();
    yield* stepsOf(lib.closeRing(world.ring));
    world.history.closeReturned();
    world.closeReturned = true;
    service.enqueue(200, () => {}); // the hub tells it by a message
  });
}

/** One of two producers stops anywhere and never goes on: nobody else is held up. */
function pausing(library: Library): World {
  const world = new World(library, { ...ROOMY, maxProducers: 2 });
  world.service();
  world.producer('paused producer', [3], { killable: true });
  world.producer('producer', [5]);
  world.pauses = true;
  return world;
}

/** One lane, and two threads that take it one after the other; the first may be killed at any moment. */
function lanes(library: Library): World {
  const world = new World(library, { ...SMALL, maxProducers: 1 });
  world.service({ budget: 1 });
  world.attacher('producer 1', [8, 0], { killable: true });
  world.attacher('producer 2', [1]);
  world.finally(() => {
    if (ownerOf(world.ring, 0) !== LaneState.FREE) throw new Finding('the lane did not come back');
  });
  return world;
}

/** A gate that the service shuts and opens again; a producer waits before it, another is not concerned. */
function gates(library: Library): World {
  const world = new World(library, { ...ROOMY, maxProducers: 2, gateCount: 1 });
  world.service({ gateTurns: 2 });
  world.producer('behind the gate', [4, 4], { wait: true, gate: 0 });
  world.producer('producer', [8]);
  return world;
}

/** The service thread is killed anywhere and another takes its place: all goes on, some of it twice. */
function takeOver(library: Library): World {
  const { machine, ring: lib } = library;
  const world = new World(library, { ...SMALL, maxProducers: 1, gateCount: 1 });
  const dead = world.service({ killable: true, gateTurns: 1, budget: 1 });
  const next = machine.spawn('next service', function* (thread): Steps {
    yield* thread.nextTask(); // it starts when the other has ended
    thread.slot = 0;
    world.history.tookOver(0);
    const consumer = (yield* stepsOf(lib.RingConsumer.takeOver(world.ring, 0))) as RingConsumer;
    yield* world.serve(
      () => consumer,
      () => undefined,
      thread,
    );
  });
  dead.onDeath.push(() => next.enqueue(201, () => {}));
  world.mayIdle(next);
  world.producer('producer', [32, 32, 1], { wait: true, gate: 0 });
  return world;
}

/** A second service thread joins while posts are under way; it sees a suffix without gaps, and all that is posted later. */
function joining(library: Library): World {
  const { machine, ring: lib } = library;
  const world = new World(library, { ...ROOMY, maxProducers: 2 });
  world.service();
  world.history.joins(1);
  const second = machine.spawn('second service', function* (thread): Steps {
    yield 0;
    const consumer = (yield* stepsOf(lib.RingConsumer.join(world.ring, 1))) as RingConsumer;
    world.history.joinReturned(1);
    yield* world.serve(
      () => consumer,
      () => undefined,
      thread,
    );
  });
  second.slot = 1;
  world.mayIdle(second);
  world.producer('producer 1', [2, 4]);
  world.producer('producer 2', [8]);
  return world;
}

/** A second service thread leaves while a producer waits for it alone. */
function leaving(library: Library): World {
  const { machine, ring: lib } = library;
  const world = new World(library, { ...SMALL, maxProducers: 1 });
  world.service();
  const leaver = machine.spawn('leaving service', function* (): Steps {
    yield 0;
    yield* stepsOf(consumer.leave());
  });
  const consumer = machine.as(leaver, () => lib.RingConsumer.join(world.ring, 1));
  world.producer('producer', [32, 32, 1], { wait: true });
  return world;
}

/** Posts that wait without blocking, in the event loop of their thread. */
function waitingAsync(library: Library): World {
  const world = new World(library, { ...SMALL, maxProducers: 1 });
  world.service({ budget: 1 });
  world.asyncProducer('producer', [32, 32, 9]);
  return world;
}

/** Two producers with a record each: small enough for three preemptions in a few seconds. */
function simple(library: Library): World {
  const world = new World(library, { ...ROOMY, maxProducers: 2 });
  world.service();
  world.producer('producer 1', [3], { killable: true });
  world.producer('producer 2', [5]);
  return world;
}

/** `preemptions` is what the short form explores; the long one goes one further. */
export const SCENES: Scene[] = [
  { name: 'two producers and a service thread', start: simple, preemptions: 3, kills: 1 },
  { name: 'three records and a service thread that sleeps', start: twoProducers, preemptions: 2, kills: 1 },
  { name: 'a producer that is paused for ever', start: pausing, preemptions: 3, kills: 1 },
  { name: 'a lane that wraps, over padding', start: wrapping, preemptions: 2, kills: 1 },
  { name: 'a full lane beside another', start: full, preemptions: 1, kills: 1 },
  { name: 'close, while others post, wait and attach', start: closing, preemptions: 1, kills: 1 },
  { name: 'close, while a producer waits at a gate', start: closingAtGate, preemptions: 2 },
  { name: 'attach, detach, reclaim: one lane for two', start: lanes, preemptions: 1, kills: 1 },
  { name: 'a gate that shuts and opens', start: gates, preemptions: 2 },
  { name: 'take-over of a service thread killed anywhere', start: takeOver, preemptions: 2, kills: 1 },
  { name: 'a service thread joins', start: joining, preemptions: 1 },
  { name: 'a service thread leaves', start: leaving, preemptions: 2 },
  { name: 'posts that wait without blocking', start: waitingAsync, preemptions: 3 },
];
