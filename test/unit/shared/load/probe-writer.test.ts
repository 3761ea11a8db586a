import { deflateRawSync } from 'node:zlib';
import type { PayloadPlan } from '../../../../src/shared/load/plan';
import { Probe, ProbeFinding, readProbe } from '../../../../src/shared/load/probe';
import { ProbeWriter } from '../../../../src/shared/load/probe-writer';
import { payloadPlan } from '../../../support/payload-plans';

function messages(plan: PayloadPlan, count: number, seed = 1): Buffer[] {
  const writer = new ProbeWriter(plan, seed);
  const probe = new Probe();
  return Array.from({ length: count }, (_, sequence) => {
    const message = Buffer.from(writer.write(2, sequence, 1_000, 2_000));
    expect(readProbe(message, 0, message.length, probe)).toBe(ProbeFinding.WHOLE);
    expect([probe.stream, probe.sequence]).toEqual([2, sequence]);
    return message;
  });
}

describe('the payloads of a load test', () => {
  it('are the same for the same seed, in whatever order they are made, and others for another', () => {
    const plan = payloadPlan(0, { sizes: [{ minBytes: 60, maxBytes: 600, weight: 1 }] });
    const [one, again, other] = [messages(plan, 50), new ProbeWriter(plan, 1), messages(plan, 50, 2)];
    for (const sequence of [49, 3, 17]) {
      expect(Buffer.from(again.write(2, sequence, 1_000, 2_000))).toEqual(one[sequence]);
      expect(one[sequence]).not.toEqual(other[sequence]);
    }
  });

  it('have sizes of all that were asked for, by their weights', () => {
    const sizes = [
      { minBytes: 32, maxBytes: 33, weight: 3 },
      { minBytes: 1_000, maxBytes: 1_000, weight: 1 },
    ];
    const lengths = messages(payloadPlan(0, { sizes }), 2_000).map((message) => message.length);
    const share = (wanted: number) => lengths.filter((length) => length === wanted).length / lengths.length;
    expect([...new Set(lengths)].sort((a, b) => a - b)).toEqual([32, 33, 1_000]);
    expect(share(1_000)).toBeCloseTo(0.25, 1);
    expect(share(32)).toBeCloseTo(0.375, 1);
  });

  it('do not compress, if random, also one after the other; do, if constant', () => {
    const shrunk = (plan: PayloadPlan) => {
      const all = Buffer.concat(messages(plan, 200));
      return deflateRawSync(all).length / all.length;
    };
    expect(shrunk(payloadPlan(500))).toBeGreaterThan(0.95);
    // 6 bits a character is what the fill has in it; the stamps are much alike.
    expect(shrunk(payloadPlan(500, { text: true }))).toBeGreaterThan(0.65);
    expect(shrunk(payloadPlan(500, { fill: { kind: 'constant' } }))).toBeLessThan(0.1);
  });

  it('may be longer than the bytes they are cut out of', () => {
    const [long] = messages(payloadPlan(2_500_000), 1);
    expect(long.length).toBe(2_500_000);
    expect(long.subarray(-1_000).equals(Buffer.alloc(1_000))).toBe(false);
  });

  it('are text in which nothing needs escaping, if text', () => {
    const [text] = messages(payloadPlan(4_000, { text: true }), 1);
    expect(text.toString()).toMatch(/^rcp1[\w-]{3996}$/);
  });

  it('hold the lines in turn, whole, whatever size was asked for', () => {
    const plan = payloadPlan(128, { text: true, fill: { kind: 'lines', lines: ['one', 'zwei ü', ''] } });
    const texts = messages(plan, 4).map((message) => message.subarray(47).toString());
    expect(texts).toEqual(['', 'one', 'zwei ü', '']);
  });

  it('stay JSON in a template that is, whatever the lines hold', () => {
    const lines = ['"quoted"', 'back\\slash', 'tab\t'];
    const template = '{"id":1,"data":"{{stamp}}","line":"{{fill}}"}';
    const texts = messages(payloadPlan(128, { template, fill: { kind: 'lines', lines } }), 3);
    expect(texts.map((text) => JSON.parse(text.toString()).line).sort()).toEqual([...lines].sort());
  });

  it('say in which form they go', () => {
    expect(new ProbeWriter(payloadPlan(99), 1).text).toBe(false);
    expect(new ProbeWriter(payloadPlan(99, { text: true }), 1).text).toBe(true);
    expect(new ProbeWriter(payloadPlan(99, { template: '{{stamp}}' }), 1).text).toBe(true);
  });

  it('cannot be smaller than their stamp and the text around it', () => {
    expect(() => new ProbeWriter(payloadPlan(31), 1)).toThrow(
      '31 bytes has no room for its stamp: it needs 32',
    );
    expect(() => new ProbeWriter(payloadPlan(46, { text: true }), 1)).toThrow('it needs 47');
    expect(() => new ProbeWriter(payloadPlan(50, { template: '<ä>{{stamp}}' }), 1)).toThrow('it needs 51');
  });

  it.each(['no place', '{{stamp}}{{stamp}}', '{{stamp}}{{fill}}{{fill}}'])(
    'cannot be made of a template like %s',
    (template) => {
      expect(() => new ProbeWriter(payloadPlan(200, { template }), 1)).toThrow('must hold {{stamp}} once');
    },
  );
});
