import { SinkCounter } from '../../../../../src/main/load/target/sink-counter';
import { monotonicNs } from '../../../../../src/shared/load/monotonic';
import { Mode } from '../../../../../src/shared/load/plan';
import { ProbeWriter } from '../../../../../src/shared/load/probe-writer';
import { payloadPlan } from '../../../../support/payload-plans';

const plan = { mode: Mode.FAN_IN, clients: 3, publishers: 0 };

function message(stream: number, sequence: number, atNs = monotonicNs()): Buffer {
  return Buffer.from(new ProbeWriter(payloadPlan(64), 1).write(stream, sequence, atNs, atNs));
}

test('counts what came, came twice, came late, came damaged, and did not come', () => {
  const sink = new SinkCounter(plan);
  for (const sequence of [0, 1, 3, 2, 2, 5]) sink.take(message(1, sequence));
  const damaged = message(2, 0);
  damaged[40]! ^= 1;
  sink.take(damaged);
  sink.take(Buffer.from('not ours'));
  // Of stream 1 number 4 and 6 to 7 are missing, of stream 2 one that is the damaged one.
  expect(sink.report({ 0: 0, 1: 8, 2: 1 })).toMatchObject({
    received: 5,
    duplicated: 1,
    reordered: 1,
    corrupt: 1,
    lost: 3,
  });
});

test('measures only what was intended within the window', () => {
  const now = monotonicNs();
  const sink = new SinkCounter(plan, now - 3e9);
  sink.begin({ startNs: now - 3e9, measureFromNs: now - 2e9, measureToNs: now - 1e9 });
  for (const [sequence, agoNs] of [2.5e9, 1.5e9, 0.5e9].entries())
    sink.take(message(0, sequence, now - agoNs));
  const { response, delivery, received } = sink.report();
  expect({ received, counts: [response.count, delivery.count] }).toEqual({ received: 3, counts: [1, 1] });
  expect(response.minNs).toBeGreaterThanOrEqual(1.5e9);
});

test('leaves out messages of an earlier test, and says how many came', () => {
  const earlier = message(0, 0);
  const sink = new SinkCounter(plan);
  sink.take(earlier);
  sink.take(message(0, 0));
  expect(sink.report({ 0: 1 })).toMatchObject({ received: 1, duplicated: 0, lost: 0, stale: 1 });
});
