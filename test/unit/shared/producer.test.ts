import { Board } from '../../../src/shared/board';
import { attachProducer, type Producer } from '../../../src/shared/producer';
import { createProducerHandle, maxPayloadBytesOf } from '../../../src/shared/producer-handle';
import { closeRing, LaneKeeper, RecordKind, RingConsumer, RingMemory } from '../../../src/shared/ring';
import { copyRecord, type SeenRecord } from '../../support/ring';

/** A producer whose keeper lives in this very thread, and a service that only looks. */
function start({
  laneBytes = 8 * 1024,
  maxChannels = 4,
  names,
}: {
  laneBytes?: number;
  maxChannels?: number;
  names?: string[];
} = {}) {
  const ring = RingMemory.create({ laneBytes, maxProducers: 2, gateCount: maxChannels });
  const board = Board.create(maxChannels);
  const allowed = names === undefined ? { others: true } : { names, others: false };
  const handle = createProducerHandle(ring, board, allowed);
  const keeper = new LaneKeeper(ring, handle.ringId, () => {});
  const consumer = RingConsumer.join(ring, 0);
  const producer: Producer = attachProducer(handle);
  open.push(() => {
    producer.close();
    keeper.close();
  });
  const drain = () => {
    const seen: SeenRecord[] = [];
    consumer.drain((record) => seen.push(copyRecord(record)));
    return seen;
  };
  return { ring, board, handle, keeper, producer, drain };
}

const open: (() => void)[] = [];
afterEach(() => {
  for (const end of open.splice(0)) end();
});

describe('a producer', () => {
  it('posts by name until the channel has a number, and by number from then on', () => {
    const { producer, board, drain } = start();
    producer.post('ä', 'one');
    expect(drain()).toMatchObject([
      { channel: -1, name: 'ä', kind: RecordKind.TEXT, payload: Buffer.from('one') },
    ]);
    board.add(Buffer.from('other'));
    board.add(Buffer.from('ä'));
    producer.post('ä', Buffer.from([0, 255]));
    expect(drain()).toMatchObject([
      { channel: 1, name: '', kind: RecordKind.BINARY, payload: Buffer.from([0, 255]) },
    ]);
    expect(board.remove(1)).toBe(false);
  });

  it('opens no ticket for what it cannot post: nothing would ever settle it', () => {
    const { producer } = start();
    const before = process.getActiveResourcesInfo().filter((kind) => kind === 'MessagePort').length;
    expect(() => producer.postTracked('a', 5 as never)).toThrow(TypeError);
    expect(() => producer.postTracked('a', 'x', { key: 'k'.repeat(256) })).toThrow(RangeError);
    expect(process.getActiveResourcesInfo().filter((kind) => kind === 'MessagePort').length).toBe(before);
  });

  it('sends strings and bytes that are declared as text as text, also empty ones', () => {
    const { producer, drain } = start();
    producer.post('a', '');
    producer.post('a', new Uint8Array(0));
    producer.post('a', Buffer.from('ü'), { text: true });
    expect(() => producer.post('a', Buffer.from([0xff]), { text: true })).toThrow(
      'the 1 bytes are not UTF-8',
    );
    expect(drain().map(({ kind, payload }) => [kind, payload.toString()])).toEqual([
      [RecordKind.TEXT, ''],
      [RecordKind.BINARY, ''],
      [RecordKind.TEXT, 'ü'],
    ]);
  });

  it('takes a channel called like something that every object has', () => {
    const { producer, drain } = start();
    const names = ['__proto__', 'constructor', 'toString', 'a/b'];
    for (const name of names) expect(producer.post(name, 'x')).toBe('posted');
    expect(drain().map(({ name }) => name)).toEqual(names);
  });

  it('says what is wrong with a channel, a payload or a time-out, and posts nothing', () => {
    const { producer, drain, board } = start({ names: ['a', 'b'], maxChannels: 2 });
    const max = producer.maxPayloadBytes;
    expect(max).toBe(maxPayloadBytesOf(8 * 1024));
    for (const [act, kind, message] of [
      [() => producer.post(5 as never, 'x'), TypeError, 'channel is 5: it must be a string'],
      [() => producer.post('', 'x'), RangeError, 'channel name of 0 bytes'],
      [() => producer.post('ü'.repeat(128), 'x'), RangeError, 'channel name of 256 bytes'],
      [() => producer.post('*', 'x'), RangeError, `'*' is not a channel`],
      [() => producer.post('c', 'x'), RangeError, `channel "c" is not one of the hub's (a, b)`],
      [() => producer.post('toString', 'x'), RangeError, 'channel "toString" is not one of'],
      [
        () => producer.post('a', null as never),
        TypeError,
        'data is null: it must be a string or a Uint8Array',
      ],
      [() => producer.post('a', new ArrayBuffer(4) as never), TypeError, 'data is ArrayBuffer: it must be'],
      [() => producer.post('a', new Float64Array(4) as never), TypeError, 'data is Float64Array: it must be'],
      [() => producer.post('a', Object.create(null) as never), TypeError, 'data is object: it must be'],
      [
        () => producer.post('a', Buffer.alloc(max + 1)),
        RangeError,
        `payload of ${max + 1} bytes: the largest is ${max}`,
      ],
      [() => producer.post('a', 'ü'.repeat(max / 2 + 1)), RangeError, 'raise ring.laneBytes'],
    ] as const) {
      expect(act).toThrow(kind);
      expect(act).toThrow(message);
    }
    expect(drain()).toEqual([]);
    expect(producer.post('a', Buffer.alloc(max))).toBe('posted');
    expect(drain()[0].payload.length).toBe(max);
    expect(producer.post('a', 'x'.repeat(max))).toBe('posted');
    expect(drain()[0].payload.length).toBe(max);
    board.add(Buffer.from('x'));
    board.add(Buffer.from('y'));
    expect(() => producer.post('b', 'x')).toThrow('the hub has its 2 channels; raise maxChannels');
  });

  it('answers full while the lane has no room, and counts each refusal once', async () => {
    const { producer, drain, ring } = start({ laneBytes: 4 * 1024 });
    let posted = 0;
    while (producer.post('a', Buffer.alloc(500)) === 'posted') posted++;
    expect(posted).toBeGreaterThan(5);
    expect(await producer.postAsync('a', Buffer.alloc(500), { timeoutMs: 20 })).toBe('full');
    const waiting = [1, 2, 3].map((number) => producer.postAsync('a', `${number}`.padEnd(500)));
    expect(drain()).toHaveLength(posted);
    expect(await Promise.all(waiting)).toEqual(['posted', 'posted', 'posted']);
    expect(drain().map(({ payload }) => payload.toString().trim())).toEqual(['1', '2', '3']);
    closeRing(ring);
    expect(producer.post('a', 'x')).toBe('closed');
    expect(await producer.postAsync('a', 'x')).toBe('closed');
    expect(await producer.postTracked('a', 'x').settled).toEqual({
      addressed: 0,
      sent: 0,
      skipped: 0,
      conflated: 0,
      abandoned: 0,
    });
  });

  it('does not block the thread that drains', () => {
    const { producer } = start();
    expect(() => producer.postWait('a', 'x')).toThrow('postWait in the service thread would wait for itself');
  });

  it('posts behind a request at once: only a request that waits for room holds posts back', async () => {
    const { producer, drain } = start();
    void producer.request(RecordKind.SUBSCRIBE, 7, 'a', '').catch(() => {});
    expect(producer.post('a', 'x')).toBe('posted');
    expect(drain().map(({ kind, target }) => [kind, target])).toEqual([
      [RecordKind.SUBSCRIBE, 7],
      [RecordKind.TEXT, 0],
    ]);
  });

  it('learns what became of its tickets, and that nobody is left to tell', async () => {
    const { producer, keeper, drain } = start();
    const [first, second] = [producer.postTracked('a', 'x'), producer.postTracked('a', 'y')];
    const [one] = drain();
    keeper.tell(keeper.tagOf(one.lane), [[one.ticket, 5, 3, 0, 0, 2]]);
    expect(await first.settled).toEqual({ addressed: 5, sent: 3, skipped: 0, conflated: 0, abandoned: 2 });
    keeper.close();
    await expect(second.settled).rejects.toMatchObject({ code: 'RINGCAST_E_SERVICE_GONE' });
  });
});

describe('a producer with a part of its lane', () => {
  it('is refused once that part is full, also where its lane wraps, and goes on when there is room', () => {
    const { producer: whole, handle, drain } = start();
    const part = attachProducer(handle, { laneBytes: 2_048 });
    open.push(() => part.close());
    const fill = (producer: Producer) => {
      let posted = 0;
      while (producer.post('x', Buffer.alloc(200)) === 'posted') posted++;
      return posted;
    };
    expect(fill(whole)).toBeGreaterThan(30);
    for (let round = 0; round < 50; round++) {
      const posted = fill(part);
      expect(posted).toBeGreaterThanOrEqual(7); // of 240 bytes, less a padding
      expect(posted).toBeLessThanOrEqual(8);
      expect(drain().length).toBeGreaterThanOrEqual(posted);
    }
  });

  it('posts the largest payload of that part wherever its tail stands', () => {
    const { handle, drain } = start();
    const part = attachProducer(handle, { laneBytes: 3_001 });
    open.push(() => part.close());
    expect(part.maxPayloadBytes).toBe(maxPayloadBytesOf(3_001));
    for (let step = 0; step < 100; step++) {
      expect(part.post('x', Buffer.alloc(8 * (step % 9)))).toBe('posted');
      drain();
      expect(part.post('x', Buffer.alloc(part.maxPayloadBytes, step))).toBe('posted');
      expect(drain()[0].payload.equals(Buffer.alloc(part.maxPayloadBytes, step))).toBe(true);
    }
    expect(() => part.post('x', Buffer.alloc(part.maxPayloadBytes + 1))).toThrow(
      'with 3001 bytes of a lane; raise laneBytes of attachProducer',
    );
  });

  it.each([
    ['127', 127, RangeError, 'laneBytes is 127: it must be an integer from 128 to 8192'],
    ['more than the lane', 8_193, RangeError, "the hub's ring.laneBytes; raise that for more"],
    ['a fraction', 200.5, RangeError, 'laneBytes is 200.5'],
    ['a string', '1024' as never, TypeError, 'laneBytes is string: it must be a number'],
  ])('is refused %s, and takes no lane', (_, laneBytes, type, message) => {
    const { handle } = start();
    expect(() => attachProducer(handle, { laneBytes })).toThrow(type);
    expect(() => attachProducer(handle, { laneBytes })).toThrow(message);
    attachProducer(handle).close(); // the second lane is still free
  });
});
