import fc from 'fast-check';
import type { PayloadPlan } from '../../../../src/shared/load/plan';
import {
  BINARY_STAMP_BYTES,
  Probe,
  ProbeFinding,
  readProbe,
  TEXT_STAMP_BYTES,
} from '../../../../src/shared/load/probe';
import { ProbeWriter } from '../../../../src/shared/load/probe-writer';
import { payloadPlan } from '../../../support/payload-plans';
import { Random } from '../../../support/random';

const { CORRUPT } = ProbeFinding;
const BYTES = 128;
const [STREAM, SEQUENCE, INTENDED, SENT] = [7, 4_711, 123_456_789_012_345, 123_456_789_112_345];
const JSON_TEMPLATE = '{"type":"tick","data":"{{stamp}}"}';

const FORMS: [string, PayloadPlan][] = [
  ['binary', payloadPlan(BYTES)],
  ['binary, the stamp alone', payloadPlan(BINARY_STAMP_BYTES)],
  ['binary, constant', payloadPlan(BYTES, { fill: { kind: 'constant' } })],
  ['binary, long', payloadPlan(3_000)],
  ['text', payloadPlan(BYTES, { text: true })],
  ['text, the stamp alone', payloadPlan(TEXT_STAMP_BYTES, { text: true })],
];

function messageOf(plan: PayloadPlan): Buffer {
  return Buffer.from(new ProbeWriter(plan, 1).write(STREAM, SEQUENCE, INTENDED, SENT));
}

function find(message: Buffer, probe = new Probe()): ProbeFinding {
  // As peers have it: somewhere in the buffer of their reads.
  const around = new Random(9).bytes(100);
  const bytes = Buffer.concat([around, message, around]);
  return readProbe(bytes, around.length, around.length + message.length, probe);
}

/** Those below `length` of which something holds; of long messages not all are tried. */
function positionsWhere(length: number, holds: (at: number) => boolean): number[] {
  const all = Array.from({ length }, (_, at) => at);
  return all.filter((at) => (at < 200 || at % 37 === 0 || at === length - 1) && holds(at));
}

function withByte(message: Buffer, at: number, change: number): Buffer {
  const damaged = Buffer.from(message);
  damaged[at] ^= change;
  return damaged;
}

const fieldsOf = ({ stream, sequence, intendedNs, sentNs }: Probe) => [stream, sequence, intendedNs, sentNs];

function expectWhole(message: Buffer, probe = new Probe()): void {
  expect(find(message, probe)).toBe(ProbeFinding.WHOLE);
  expect(fieldsOf(probe)).toEqual([STREAM, SEQUENCE, INTENDED, SENT]);
}

describe.each(FORMS)('a stamp (%s)', (_name, plan) => {
  const message = messageOf(plan);

  it('tells what was written', () => {
    expect(message.length).toBe(plan.sizes[0].maxBytes);
    expectWhole(message);
  });

  it('shows that any one byte was damaged', () => {
    expect(
      positionsWhere(message.length, (at) => {
        return [0x01, 0x20, 0x80, 0xff].some((change) => find(withByte(message, at, change)) !== CORRUPT);
      }),
    ).toEqual([]);
  });

  it('shows that the message was cut', () => {
    const lengths = positionsWhere(message.length, (length) => find(message.subarray(0, length)) !== CORRUPT);
    // What is shorter than the magic looks like no message of the test.
    expect(lengths).toEqual([0, 1, 2, 3]);
  });

  it('shows that bytes are missing or were put in', () => {
    const unseen = positionsWhere(message.length - 1, (at) => {
      const [before, behind] = [message.subarray(0, at), message.subarray(at)];
      const inserted = Buffer.concat([before, Buffer.from([behind[0] ^ 1]), behind]);
      const missing = Buffer.concat([before, behind.subarray(1)]);
      return at >= 4 && [inserted, missing].some((damaged) => find(damaged) !== CORRUPT);
    });
    expect(unseen).toEqual([]);
  });

  it('is found whatever a server puts before and behind it', () => {
    const probe = new Probe();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ maxLength: 60 }), (before, behind) => {
        expectWhole(Buffer.concat([before, message, behind]), probe);
      }),
    );
  });

  it('shows damage also within what a server puts around it', () => {
    const probe = new Probe();
    const wrap = (payload: Buffer) => Buffer.concat([Buffer.from('[17,'), payload, Buffer.from(',"end"]')]);
    expectWhole(wrap(message), probe);
    expect([probe.headBytes, probe.tailBytes]).toEqual([4, 7]);
    const unseen = positionsWhere(message.length, (at) => {
      return find(wrap(withByte(message, at, 0x10)), probe) !== CORRUPT;
    });
    expect(unseen).toEqual([]);
    expectWhole(wrap(message), probe);
  });
});

describe('a stamp', () => {
  it('keeps any stream, sequence and times, in each form', () => {
    const writers = FORMS.map(([, plan]) => new ProbeWriter(plan, 5));
    const probe = new Probe();
    const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    const time = fc.double({ min: 0, max: 2 ** 60, noNaN: true });
    fc.assert(
      fc.property(word, word, time, time, (stream, sequence, intended, sent) => {
        for (const writer of writers) {
          expect(find(writer.write(stream, sequence, intended, sent), probe)).toBe(ProbeFinding.WHOLE);
          expect(fieldsOf(probe)).toEqual([stream, sequence, intended, sent]);
        }
      }),
    );
  });

  it('is found in a JSON text that the server wrote anew', () => {
    const probe = new Probe();
    for (const template of [
      JSON_TEMPLATE,
      '{"pad":"{{fill}}","data":"{{stamp}}"}',
      '{"a":["{{stamp}}{{fill}}"]}',
    ]) {
      const message = messageOf(payloadPlan(200, { template }));
      expect(message.length).toBe(200);
      const anew = JSON.stringify({ from: 'server', ...JSON.parse(message.toString()) }, null, 2);
      expectWhole(message, probe);
      expectWhole(Buffer.from(anew), probe);
    }
  });

  it('shows damage of stamp and fill in a template, and leaves the text around them alone', () => {
    const message = messageOf(payloadPlan(200, { template: JSON_TEMPLATE }));
    const probe = new Probe();
    expectWhole(message, probe);
    const [from, to] = [JSON_TEMPLATE.indexOf('{{'), message.length - 2];
    const seen = positionsWhere(message.length, (at) => find(withByte(message, at, 0x10), probe) === CORRUPT);
    expect(seen).toEqual(Array.from({ length: to - from }, (_, i) => from + i));
  });

  it('is not seen where there is none', () => {
    for (const foreign of ['', 'x', 'rcp', 'hello', JSON.stringify({ hello: 'world' }).repeat(20)])
      expect(find(Buffer.from(foreign))).toBe(ProbeFinding.NONE);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(find(Buffer.from(bytes))).toBe(ProbeFinding.NONE);
      }),
    );
  });

  it('is looked for behind what only looks like one', () => {
    const message = messageOf(payloadPlan(BYTES));
    const lure = Buffer.from([0xb5, 0x72, 0x63, 0xb1]);
    expectWhole(Buffer.concat([lure, lure, message]));
    expectWhole(Buffer.concat([message.subarray(0, 40), message]));
    expectWhole(Buffer.concat([Buffer.from('rcp1 rcp1'), messageOf(payloadPlan(BYTES, { text: true }))]));
  });

  it('costs a bounded time in a message made of nothing else', () => {
    const bomb = Buffer.from('rcp1'.repeat(250_000));
    expect(readProbe(bomb, 0, bomb.length, new Probe())).toBe(ProbeFinding.CORRUPT);
  });
});
