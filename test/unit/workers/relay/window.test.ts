import fc from 'fast-check';
import { FrameKind, writeHead } from '../../../../src/shared/foreign/protocol';
import { Window } from '../../../../src/workers/relay/window';

/** Puts one frame in; its body says its number, or 0 for one that is no message. */
function put(window: Window, bodyBytes: number, isMessage = true): void {
  const { bytes, at } = window.reserve(8 + bodyBytes, isMessage);
  writeHead(bytes, at, isMessage ? FrameKind.BINARY : FrameKind.CHANNEL, 0, bodyBytes);
  bytes.fill(0, at + 8, at + 8 + bodyBytes);
  bytes.writeUInt32LE(isMessage ? window.last : 0, at + 8);
}

/** The numbers in the bytes that a connection got. */
function numbersIn(sent: Buffer[]): number[] {
  const stream = Buffer.concat(sent);
  const numbers: number[] = [];
  for (let at = 0; at < stream.length; at += 8 + stream.readUInt32LE(at)) {
    const number = stream.readUInt32LE(at + 8);
    if (number !== 0) numbers.push(number);
  }
  return numbers;
}

const upTo = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, at) => first + at);

describe('the window', () => {
  it('sends each frame once over one connection, and is empty when all is acknowledged', () => {
    const window = new Window(10_000);
    const sent: Buffer[] = [];
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 5; n++) put(window, 100);
      window.sendTo((bytes) => sent.push(Buffer.from(bytes)));
    }
    window.sendTo((bytes) => sent.push(Buffer.from(bytes)));
    expect(numbersIn(sent)).toEqual(upTo(1, 15));
    window.acknowledge(14);
    expect(window.empty).toBe(false);
    window.acknowledge(15);
    expect(window.empty).toBe(true);
    expect(window.roomBytes).toBe(10_000);
  });

  it('is full at its limit, and takes one frame more', () => {
    const window = new Window(1_000);
    put(window, 800);
    expect(window.roomBytes).toBe(192);
    put(window, 300_000);
    expect(window.roomBytes).toBeLessThan(0);
  });

  it('sends again what the hub does not have, from the middle of a chunk too', () => {
    const window = new Window(2 ** 20);
    put(window, 10, false);
    for (let n = 0; n < 10; n++) put(window, 50);
    window.sendTo(() => {});
    window.rewind(7);
    const sent: Buffer[] = [];
    window.sendTo((bytes) => sent.push(Buffer.from(bytes)));
    expect(numbersIn(sent)).toEqual([8, 9, 10]);
  });

  it('over any breaks and acknowledgements: what the hub takes in is every message, once, in order', () => {
    const step = fc.oneof(
      fc.record({
        act: fc.constant('put' as const),
        bytes: fc.oneof(fc.integer({ min: 4, max: 300 }), fc.constant(100_000), fc.constant(200_000)),
        message: fc.boolean(),
      }),
      fc.record({ act: fc.constant('send' as const) }),
      fc.record({ act: fc.constant('ack' as const), part: fc.double({ min: 0, max: 1, noNaN: true }) }),
      fc.record({ act: fc.constant('break' as const), part: fc.double({ min: 0, max: 1, noNaN: true }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const window = new Window(500_000);
        const hub: number[] = [];
        let wire: number[] = [];
        let acknowledged = 0;
        const arrive = (part: number) => hub.push(...wire.splice(0, Math.round(part * wire.length)));
        const send = () => window.sendTo((bytes) => wire.push(...numbersIn([bytes])));
        for (const each of steps) {
          if (each.act === 'put') put(window, each.bytes, each.message);
          else if (each.act === 'send') send();
          else if (each.act === 'ack') {
            arrive(each.part);
            acknowledged = Math.max(acknowledged, hub.length);
            window.acknowledge(acknowledged);
          } else {
            arrive(each.part); // the rest is lost with the connection
            wire = [];
            window.rewind(hub.length);
            send();
          }
        }
        window.rewind(hub.length + wire.length);
        hub.push(...wire);
        wire = [];
        send();
        arrive(1);
        expect(hub).toEqual(upTo(1, window.last));
        window.acknowledge(window.last);
        expect(window.roomBytes).toBe(500_000);
      }),
      { numRuns: 200 },
    );
  });
});
