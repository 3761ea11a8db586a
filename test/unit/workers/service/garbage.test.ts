/**
 * A producer that writes nonsense over its own lane: bits of records that are posted and not drained yet, and of its tail
 * word. The engine goes on, and what the other producer posts arrives whole and in order.
 *
 * `RINGCAST_GARBAGE_ROUNDS=10000` for the long form.
 */
import { isSendableCloseCode } from '../../../../src/shared/close-codes';
import { LaneWord, RecordKind } from '../../../../src/shared/ring';
import { EngineWorld } from '../../../support/engine-world';
import { readFrames } from '../../../support/frames';
import { laneData, pattern } from '../../../support/ring';

const ROUNDS = Number(process.env.RINGCAST_GARBAGE_ROUNDS ?? 2_000);
const LANE_BYTES = 4096;
/** A world is good for so many rounds: then its lane may be closed by its own tail, and its peers gone. */
const ROUNDS_A_WORLD = 20;
const SOUND = 1;
const ROTTEN = 0;

function randomFrom(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 8) % below;
  };
}

/** Everything that a producer can ask for, to peers and channels that exist. */
function postEverything(world: EngineWorld, id: number, random: (below: number) => number): void {
  for (let posts = 1 + random(4); posts > 0; posts--) {
    const options = { by: ROTTEN, ticket: random(3) };
    const bytes = pattern(random(200), posts);
    const acts = [
      () => world.post('rotten', bytes, { ...options, key: random(2) === 0 ? 'key' : undefined }),
      () => world.post('by name', 'text', { ...options, refer: false }),
      () => world.send(id, bytes, options),
      () => world.sendFragment(id, 7, bytes, { ...options, first: true }),
      () => world.subscribe(id, 'rotten', options),
      () => world.disconnect(id, 4000, 'reason', options),
    ];
    acts[random(acts.length)]();
  }
}

/** Flips bits, mostly of headers. */
function corrupt(world: EngineWorld, random: (below: number) => number): void {
  const { ring } = world;
  const data = laneData(ring, ROTTEN);
  for (let flips = 1 + random(6); flips > 0; flips--) {
    const at = random(3) === 0 ? random(LANE_BYTES) : 8 * random(LANE_BYTES / 8) + random(8);
    if (random(4) === 0) data[at] = random(256);
    else data[at] ^= 1 << random(8);
  }
  if (random(20) === 0) ring.words[ring.laneWord(ROTTEN, LaneWord.TAIL)] ^= 1 << (1 + random(31));
}

describe('a producer that writes nonsense into its lane', () => {
  it('neither ends the service nor harms what the others post, whichever bits flip', () => {
    const seed = Number(process.env.RINGCAST_SEED ?? Date.now() & 0x7fff_ffff);
    const random = randomFrom(seed);
    let fenced = 0;
    let round = 0;
    try {
      while (round < ROUNDS) {
        const world = new EngineWorld({ producers: 2, ring: { laneBytes: LANE_BYTES } });
        const witness = world.connect('sound');
        const expected: string[] = [];
        for (let left = ROUNDS_A_WORLD; left > 0; left--, round++) {
          const victim = world.connect('rotten');
          postEverything(world, victim.connection.id, random);
          corrupt(world, random);
          const text = `round ${round}`;
          expect(world.post('sound', text, { by: SOUND })).toBe('posted');
          expected.push(text);
          world.settle(witness, victim);
          const code = victim.socket.closedWith?.code;
          if (code !== undefined && !isSendableCloseCode(code)) throw new Error(`closed with ${code}`);
          const seen = readFrames(Buffer.concat(witness.socket.taken)).map(({ payload }) =>
            payload.toString(),
          );
          expect(seen.filter((each) => each.startsWith('round '))).toEqual(expected);
        }
        fenced += world.consumer.lanesFenced;
        world.engine.stop();
      }
    } catch (error) {
      throw new Error(`seed ${seed}, round ${round}`, { cause: error });
    }
    process.stdout.write(`garbage: seed ${seed}, ${round} rounds, fenced ${fenced} times\n`);
    expect(fenced).toBeGreaterThan(ROUNDS / 50);
  });

  it.each([
    ['a kind that is none', RecordKind.CONTROL as number, []],
    ['a kind that is none, of a message', 0x42, []],
  ])('has its lane fenced for %s', (_, kind) => {
    const world = new EngineWorld({ producers: 2 });
    world.connect('rotten');
    world.producers[ROTTEN].tryPost(kind as RecordKind, 0, 'x');
    world.post('rotten', 'sound', { by: SOUND });
    world.run();
    expect(world.consumer.lanesFenced).toBe(1);
    expect(world.figures('rotten')?.posted).toBe(1);
  });

  it.each([
    ['no close code', Buffer.alloc(0)],
    ['half a close code', Buffer.from([3])],
    ['a close code that may not be sent', Buffer.from([0x03, 0xed])],
    ['a reason that is too long', Buffer.concat([Buffer.from([0x03, 0xe8]), Buffer.alloc(124, 'x')])],
    ['a reason that is not UTF-8', Buffer.from([0x03, 0xe8, 0xff])],
  ])('disconnects nobody with %s', (_, payload) => {
    const world = new EngineWorld();
    const peer = world.connect('x');
    const extras = { target: peer.connection.id, ticket: 5 };
    world.producers[0].tryPost(RecordKind.DISCONNECT, -1, payload, -1, extras);
    world.engine.wake();
    world.settle(peer);
    expect(peer.socket.closedWith).toBeUndefined();
    expect(world.settled).toEqual([[5, 0, 0, 0, 0, 0]]);
  });

  it.each([
    ['not UTF-8', Buffer.from([0xff, 0xfe])],
    ['empty', Buffer.alloc(0)],
  ])('makes no channel of a name that is %s', (_, name) => {
    const world = new EngineWorld();
    world.producers[0].tryPost(RecordKind.TEXT, -1, 'x', -1, { name });
    world.engine.wake();
    world.run();
    expect(world.board.snapshot((entries) => entries.length)).toBe(0);
    expect(world.total.posted).toBe(1);
  });
});
