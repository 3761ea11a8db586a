/**
 * Faults put into the ring's source on purpose: each must be found. One that is not would be a fault of the explorer.
 *
 * An edit names a piece of the source that occurs once. When the source changes, an edit that no longer applies says so.
 */
import { type Edit, loadRing } from './library';
import { SCENES } from './scenes';
import { explore, type Found } from './search';

export interface Mutation {
  name: string;
  /** Name of the scene that finds it. */
  scene: string;
  edits: Edit[];
}

const CONSUMER = 'ring/consumer';
const PRODUCER = 'ring/producer';

export const MUTATIONS: Mutation[] = [
  {
    name: 'the commit before the length is written',
    scene: 'three records',
    edits: [
      { file: PRODUCER, find: '    words[header] = length;\n', replace: '' },
      {
        file: PRODUCER,
        find: 'return this.#commit(start, header, recordBytes(prefixBytes + length), kind < RecordKind.CONTROL);',
        replace:
          'const done = this.#commit(start, header, recordBytes(prefixBytes + length), kind < RecordKind.CONTROL); words[header] = length; return done;',
      },
    ],
  },
  {
    name: 'the padding written after the commit',
    scene: 'a lane that wraps',
    edits: [
      {
        file: PRODUCER,
        find: '      this.#words[padding] = toEnd;\n      this.#words[padding + 1] = RecordKind.PADDING;\n',
        replace: '      this.pad = [padding, toEnd];\n',
      },
      {
        file: PRODUCER,
        find: '    this.#tail = next;\n',
        replace:
          '    this.#tail = next;\n    if (this.pad) { this.#words[this.pad[0]] = this.pad[1]; this.#words[this.pad[0] + 1] = RecordKind.PADDING; this.pad = undefined; }\n',
      },
    ],
  },
  {
    name: 'no bell after the commit',
    scene: 'three records',
    edits: [{ file: PRODUCER, find: '    ringSleepers(this.ring);\n', replace: '' }],
  },
  {
    name: 'the bell before the commit',
    scene: 'three records',
    edits: [
      { file: PRODUCER, find: '    ringSleepers(this.ring);\n', replace: '' },
      {
        file: PRODUCER,
        find: '    const next = (start + size) | 0;\n',
        replace: '    const next = (start + size) | 0;\n    ringSleepers(this.ring);\n',
      },
    ],
  },
  {
    name: "the sleeper's bit taken by the ringer",
    scene: 'a producer that is paused',
    edits: [
      {
        file: 'ring/doorbell',
        find: 'let sleepers = Atomics.load(ring.words, Word.SLEEPERS);',
        replace: 'let sleepers = Atomics.exchange(ring.words, Word.SLEEPERS, 0);',
      },
    ],
  },
  {
    name: 'no second look before the sleep',
    scene: 'three records',
    edits: [{ file: 'ring/doorbell', find: 'if (hasWork()) {', replace: 'if (false) {' }],
  },
  {
    name: 'the look before the bit is set',
    scene: 'three records',
    edits: [
      {
        file: 'ring/doorbell',
        find: '    this.#armed = true;\n',
        replace: '    this.#armed = true;\n    if (hasWork()) { this.disarm(); return false; }\n',
      },
      { file: 'ring/doorbell', find: '    if (hasWork()) {\n', replace: '    if (false) {\n' },
    ],
  },
  {
    name: 'the tails before the limit',
    scene: 'three records',
    edits: [
      {
        file: CONSUMER,
        find: '    const limit = Number(Atomics.load(this.ring.stamps, this.ring.stampIndex)); // [model: drain.limit] first the limit\n',
        replace:
          '    for (let lane = 0; lane < this.ring.maxProducers; lane++) this.#visible[lane] = Atomics.load(this.#words, this.ring.laneWord(lane, LaneWord.TAIL)) & ~CLOSED_BIT;\n    const limit = Number(Atomics.load(this.ring.stamps, this.ring.stampIndex));\n',
      },
      {
        file: CONSUMER,
        find: '      this.#visible[lane] = Atomics.load(this.#words, this.ring.laneWord(lane, LaneWord.TAIL)) & ~CLOSED_BIT; // [model: drain.tail] then every tail (`LIMIT_LATE`)\n',
        replace: '',
      },
    ],
  },
  {
    name: 'no limit at all',
    scene: 'three records',
    edits: [
      {
        file: CONSUMER,
        find: 'if (stamp < limit) return true;',
        replace: 'if (stamp < limit + 100) return true;',
      },
    ],
  },
  {
    name: 'the room given back before the record is copied out',
    scene: 'a lane that wraps',
    edits: [
      {
        file: CONSUMER,
        find: '            take(this.#record);\n',
        replace: '            this.#storeCursors();\n            take(this.#record);\n',
      },
    ],
  },
  {
    name: 'room for 8 bytes too many',
    scene: 'a lane that wraps',
    edits: [
      {
        file: PRODUCER,
        find: '      if (!this.#findSlowestCursor() || ((end - this.#slowestCursor) | 0) > this.#mostUnread) return -1;',
        replace:
          '      if (!this.#findSlowestCursor() || ((end - this.#slowestCursor) | 0) > this.#mostUnread + 8) return -1;',
      },
    ],
  },
  {
    name: 'the space word read after WAITING is set',
    scene: 'a full lane',
    edits: [
      {
        file: 'ring/room',
        find: '    const space = Atomics.load(words, this.#spaceWord); // [model: wait.space] before the announcement\n    Atomics.store(words, this.#waitingWord, 1); // [model: wait.announce]\n',
        replace:
          '    Atomics.store(words, this.#waitingWord, 1);\n    const space = Atomics.load(words, this.#spaceWord);\n',
      },
    ],
  },
  {
    name: 'no second try before the wait',
    scene: 'a full lane',
    edits: [
      {
        file: 'ring/room',
        find: "      result = attempt(); // [model: wait.retry] the second try\n      if (result !== 'full') return result;\n      const left = deadline - performance.now();\n",
        replace: '      const left = deadline - performance.now();\n',
      },
      {
        file: 'ring/room',
        find: 'Math.min(left, WAIT_SLICE_MS)); // [model: wait.queue]\n',
        replace:
          "Math.min(left, WAIT_SLICE_MS));\n      result = attempt();\n      if (result !== 'full') return result;\n",
      },
    ],
  },
  {
    name: 'the space added before WAITING is cleared',
    scene: 'a full lane',
    edits: [
      {
        file: 'ring/room',
        find: '  Atomics.store(words, ring.laneWord(lane, LaneWord.WAITING), 0); // [model: wake.clear] first (`WAITING_FIRST_SPACE`)\n',
        replace: '',
      },
      {
        file: 'ring/room',
        find: '  Atomics.notify(words, space); // [model: wake.notify]\n',
        replace:
          '  Atomics.notify(words, space);\n  Atomics.store(words, ring.laneWord(lane, LaneWord.WAITING), 0);\n',
      },
    ],
  },
  {
    name: 'the commit by a store: the mark CLOSED is lost',
    scene: 'close, while others',
    edits: [
      {
        file: PRODUCER,
        find: "    if (Atomics.compareExchange(words, this.#tailWord, this.#tail, next) !== this.#tail) return 'closed';\n",
        replace:
          "    if ((Atomics.load(words, this.#tailWord) & CLOSED_BIT) !== 0) return 'closed';\n    Atomics.store(words, this.#tailWord, next);\n",
      },
    ],
  },
  {
    name: 'close wakes before it marks',
    scene: 'close, while a producer waits at a gate',
    edits: [
      {
        file: 'ring/close',
        find: '    Atomics.or(ring.words',
        replace: '    wakeLane(ring, lane);\n    Atomics.or(ring.words',
      },
      {
        file: 'ring/close',
        find: '    wakeLane(ring, lane); // [model: close.wake] after the mark (`CLOSE_WAKE_FIRST`)\n',
        replace: '',
      },
    ],
  },
  {
    name: 'close marks only the lanes in use',
    scene: 'close, while others',
    edits: [
      {
        file: 'ring/close',
        find: 'lane < ring.maxProducers; lane++',
        replace: 'lane < Atomics.load(ring.words, Word.LANES_USED); lane++',
      },
    ],
  },
  {
    name: 'a lane given back before it is drained',
    scene: 'attach, detach',
    edits: [
      {
        file: 'ring/lanes',
        find: '!== tail) return false;',
        replace: '!== tail) break;',
      },
    ],
  },
  {
    name: 'a free lane looked for before the word to wait on is read',
    scene: 'attach, detach',
    edits: [
      {
        file: 'ring/attach',
        find: '    const freed = Atomics.load(ring.words, Word.LANES_FREED); // [model: attach.freed] before the look (`FREED_LATE`)\n    const producer = RingProducer.attach(ring, tag, threadId, laneBytes);\n',
        replace:
          '    const producer = RingProducer.attach(ring, tag, threadId, laneBytes);\n    const freed = Atomics.load(ring.words, Word.LANES_FREED);\n',
      },
    ],
  },
  {
    name: 'no word to those who wait when a gate opens',
    scene: 'a gate',
    edits: [{ file: 'ring/gates', find: '  wakeAllWaiting(ring); // [model: gate.wake]\n', replace: '' }],
  },
  {
    name: 'a take-over that wakes nobody',
    scene: 'take-over',
    edits: [
      {
        file: CONSUMER,
        find: '    for (let lane = 0; lane < ring.maxProducers; lane++) wakeLane(ring, lane);\n',
        replace: '',
      },
    ],
  },
  {
    name: 'a take-over that leaves the gates shut',
    scene: 'take-over',
    edits: [
      {
        file: CONSUMER,
        find: '    openEveryGate(ring, slot); // the new thread knows of no lagging peers\n',
        replace: '',
      },
    ],
  },
  {
    name: 'a join that reads its stamp before the tails',
    scene: 'a service thread joins',
    edits: [
      {
        file: CONSUMER,
        find: '    snapshotTails(ring, slot); // [model: join.tail] (`NO_SNAP2`)\n    const stamp = Atomics.load(ring.stamps, ring.stampIndex); // [model: join.stamp] after the last cursor (`J_FIRST`)\n',
        replace:
          '    const stamp = Atomics.load(ring.stamps, ring.stampIndex);\n    snapshotTails(ring, slot);\n',
      },
    ],
  },
  {
    name: 'a leave that wakes nobody',
    scene: 'a service thread leaves',
    edits: [{ file: CONSUMER, find: '    wakeAllWaiting(this.ring); // [model: leave.wake]\n', replace: '' }],
  },
];

/** More are not needed for any of them. */
const MOST_PREEMPTIONS = 2;

/** Explores the mutated source with 0, 1, 2 … preemptions until the fault shows. */
export function findMutation(mutation: Mutation): { found: Found | undefined; schedules: number } {
  const scene = SCENES.find(({ name }) => name.startsWith(mutation.scene));
  if (scene === undefined) throw new Error(`no scene begins with ${mutation.scene}`);
  const library = loadRing(mutation.edits);
  let schedules = 0;
  for (let preemptions = 0; preemptions <= MOST_PREEMPTIONS; preemptions++) {
    const explored = explore(scene, library, { preemptions, kills: scene.kills ?? 0 });
    schedules += explored.schedules + explored.merged + (explored.found === undefined ? 0 : 1);
    if (explored.found !== undefined) return { found: explored.found, schedules };
  }
  return { found: undefined, schedules };
}
