import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { ConnectedProducer } from '../../../src/main/connected-producer';
import { Board } from '../../../src/shared/board';
import { HubErrorCode } from '../../../src/shared/errors';
import { RelayStatus } from '../../../src/shared/foreign/relay-start';
import { createProducerHandle } from '../../../src/shared/producer-handle';
import { LaneKeeper, RingConsumer, RingMemory } from '../../../src/shared/ring';

describe('a connected producer whose relay thread ends by a fault', () => {
  it('answers closed, and tells the application; what was not acknowledged is counted as lost', async () => {
    const ring = RingMemory.create({ laneBytes: 4096, maxProducers: 2, gateCount: 4 });
    const handle = createProducerHandle(ring, Board.create(4), { others: true });
    const keeper = new LaneKeeper(ring, handle.ringId, () => {});
    RingConsumer.join(ring, 0);
    const worker = Object.assign(new EventEmitter(), { ref() {}, unref() {}, postMessage() {} });
    const status = new RelayStatus();
    status.state = 'connected';
    const told: unknown[] = [];
    const producer = new ConnectedProducer(handle, worker as unknown as Worker, status, (state, reason) =>
      told.push(state, reason?.code, (reason?.cause as Error | undefined)?.message),
    );
    expect([producer.post('ticks', 'a'), producer.post('ticks', 'b')]).toEqual(['posted', 'posted']);
    status.acknowledged = 1;
    worker.emit('error', new Error('a fault'));
    worker.emit('exit', 1);
    expect(producer.post('ticks', 'c')).toBe('closed');
    expect(told).toEqual(['closed', HubErrorCode.INTERNAL, 'a fault']);
    expect(producer.stats()).toMatchObject({
      state: 'closed',
      posted: 2,
      acknowledged: 1,
      lost: 1,
      pending: 0,
    });
    expect(await producer.close()).toMatchObject({ lost: 1 });
    keeper.close();
  });
});
