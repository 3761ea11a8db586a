import type { InboundBatch } from '../../../../src/shared/inbound';
import { ApplicationOutbox } from '../../../../src/workers/service/outbox';

const info = { id: 1, channel: 'chat', remoteAddress: '' };

function outbox(highWaterBytes: number) {
  const batches: InboundBatch[] = [];
  const reliefs: number[] = [];
  const box = new ApplicationOutbox(
    (batch) => batches.push(batch),
    highWaterBytes,
    () => reliefs.push(batches.length),
  );
  return { box, batches, reliefs };
}

describe('the outbox to the application', () => {
  it('joins what has gathered into one batch, in order, with the bytes in one buffer', () => {
    const { box, batches } = outbox(100_000);
    box.flush();
    expect(batches).toEqual([]);
    box.tell({ type: 'connection', info });
    box.tellMessage(info, Buffer.from('one'), true);
    box.tellMessage(info, Buffer.alloc(0), false);
    box.tellMessage(info, Buffer.from([9, 8]), false);
    box.flush();
    box.flush();
    expect(batches).toHaveLength(1);
    const [{ events, bytes }] = batches;
    expect(events).toEqual([
      { type: 'connection', info },
      { type: 'message', info, text: true, offset: 0, length: 3 },
      { type: 'message', info, text: false, offset: 3, length: 0 },
      { type: 'message', info, text: false, offset: 3, length: 2 },
    ]);
    expect(Buffer.from(bytes)).toEqual(Buffer.from('one\x09\x08'));
  });

  it('is full at the high-water mark, overfull at twice that, and relieved at half of it', () => {
    const { box, batches, reliefs } = outbox(2_000);
    box.tellMessage(info, Buffer.alloc(1_743), false);
    expect([box.full, box.overfull]).toEqual([false, false]);
    box.flush();
    box.tellMessage(info, Buffer.alloc(2_000 - 1_999), false);
    expect([box.full, box.overfull]).toEqual([true, false]);
    box.flush();
    box.tellMessage(info, Buffer.alloc(1_600), false);
    expect([box.full, box.overfull]).toEqual([true, true]);
    box.flush();
    const costs = batches.map(({ cost }) => cost);
    expect(costs).toEqual([1_999, 257, 1_856]);
    box.credit(costs[0]);
    expect([reliefs, box.full]).toEqual([[], true]);
    box.credit(costs[1]);
    expect([reliefs, box.full]).toEqual([[], false]);
    box.credit(costs[2]);
    expect([reliefs, box.full, box.overfull]).toEqual([[3], false, false]);
  });
});
