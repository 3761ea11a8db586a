/** The demo is worth what its verifier is worth: so it must find each kind of fault. */
import { loadFlights, serialise, shareOf, stampOf } from '../../../examples/demo/flights';
import { Verifier } from '../../../examples/demo/verifier';

const PRODUCERS = 2;
const RECORDS = 10;
const flights = loadFlights().slice(0, RECORDS);

function messageOf(producer: number, sequence: number, stamp = process.hrtime.bigint()): Buffer {
  const flight = shareOf(flights, producer, PRODUCERS, RECORDS)[sequence];
  const [head, rest] = serialise(flight, producer, sequence);
  return Buffer.from(head + stampOf(stamp) + rest);
}

describe('the verifier of the demo', () => {
  let verifier: Verifier;
  let message: (producer: number, sequence: number) => Buffer;

  beforeEach(() => {
    verifier = new Verifier(flights, PRODUCERS, RECORDS);
    const made = new Map<string, Buffer>();
    message = (producer, sequence) => {
      const key = `${producer} ${sequence}`;
      const known = made.get(key) ?? messageOf(producer, sequence);
      made.set(key, known);
      return Buffer.from(known);
    };
  });

  const found = () => {
    const { received, duplicates, reordered, corrupt } = verifier.findings();
    return { received, duplicates, reordered, corrupt };
  };

  test('finds nothing wrong with what was posted, in any order of the producers', () => {
    const peers = [verifier.addPeer(), verifier.addPeer()];
    for (const [producer, sequence] of [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 1],
    ])
      for (const peer of peers) verifier.check(peer, message(producer, sequence));
    expect(found()).toEqual({ received: 8, duplicates: 0, reordered: 0, corrupt: 0 });
    expect(verifier.findings().maxMs).toBeGreaterThan(0);
  });

  test('finds any byte that is wrong, in the first copy and in a later one', () => {
    const whole = message(0, 0);
    for (const firstIsRight of [false, true]) {
      for (let index = 0; index < whole.length; index++) {
        const fresh = new Verifier(flights, PRODUCERS, RECORDS);
        const right = messageOf(0, 0);
        if (firstIsRight) fresh.check(fresh.addPeer(), right);
        const wrong = Buffer.from(right);
        wrong[index] ^= 0x80;
        fresh.check(fresh.addPeer(), wrong);
        expect([index, fresh.findings().corrupt]).toEqual([index, 1]);
      }
    }
  });

  test('finds a digit of the stamp that differs between two copies', () => {
    verifier.check(verifier.addPeer(), message(0, 0));
    verifier.check(verifier.addPeer(), messageOf(0, 0));
    expect(found()).toEqual({ received: 1, duplicates: 0, reordered: 0, corrupt: 1 });
  });

  test('finds a message that was cut, one that was lengthened, and an empty one', () => {
    const peer = verifier.addPeer();
    verifier.check(peer, message(0, 0).subarray(0, -1));
    verifier.check(peer, Buffer.concat([message(0, 0), Buffer.from(' ')]));
    verifier.check(peer, Buffer.alloc(0));
    expect(found()).toEqual({ received: 0, duplicates: 0, reordered: 0, corrupt: 3 });
  });

  test('finds a message that came twice', () => {
    const peer = verifier.addPeer();
    for (const sequence of [0, 1, 1, 0, 2]) verifier.check(peer, message(0, sequence));
    expect(found()).toEqual({ received: 3, duplicates: 2, reordered: 0, corrupt: 0 });
  });

  test('finds messages that changed places, and misses none of them', () => {
    const peer = verifier.addPeer();
    for (const sequence of [0, 2, 1, 3]) verifier.check(peer, message(0, sequence));
    expect(found()).toEqual({ received: 4, duplicates: 0, reordered: 1, corrupt: 0 });
  });

  test('does not count what never came', () => {
    const peer = verifier.addPeer();
    for (const sequence of [0, 1, 4]) verifier.check(peer, message(0, sequence));
    expect(found()).toEqual({ received: 3, duplicates: 0, reordered: 0, corrupt: 0 });
  });

  test('takes no stamp from before the demo or from the future', () => {
    const peer = verifier.addPeer();
    verifier.check(peer, messageOf(0, 0, 1n));
    verifier.check(peer, messageOf(0, 0, process.hrtime.bigint() + 10n ** 12n));
    expect(found()).toEqual({ received: 0, duplicates: 0, reordered: 0, corrupt: 2 });
  });
});
