import { MessageReader } from '../../../src/shared/message-reader';

class FakeConnection {
  readonly calls: string[] = [];
  pause(): void {
    this.calls.push('pause');
  }
  resume(): void {
    this.calls.push('resume');
  }
}

const BINARY = { final: true, binary: true, messageBytes: 0 };
const first = { ...BINARY, first: true, remaining: 1 };
const middle = { ...BINARY, first: false, remaining: 1 };
const last = { ...BINARY, first: false, remaining: 0 };
const only = { ...BINARY, first: true, remaining: 0 };

describe('a reader of messages', () => {
  it('hands out each message while it comes, and copies what it keeps', async () => {
    const reader = new MessageReader(new FakeConnection());
    const seen: (string | number[])[] = [];
    const consumed = (async () => {
      for await (const message of reader) {
        seen.push(message.binary ? 'binary' : 'text');
        for await (const piece of message) seen.push([...piece]);
        seen.push('end');
      }
      seen.push('gone');
    })();
    const bytes = Uint8Array.from([1, 2]);
    reader.push(bytes, first);
    bytes.fill(9);
    await new Promise(setImmediate);
    expect(seen).toEqual(['binary', [1, 2]]);
    reader.push(Uint8Array.from([3]), last);
    reader.push(new Uint8Array(0), { ...only, binary: false });
    reader.end();
    await consumed;
    expect(seen).toEqual(['binary', [1, 2], [3], 'end', 'text', 'end', 'gone']);
  });

  it('pauses the connection at its mark, and resumes it at half of that', async () => {
    const connection = new FakeConnection();
    const reader = new MessageReader(connection, { highWaterBytes: 2_000 });
    reader.push(new Uint8Array(900), first);
    expect(connection.calls).toEqual([]);
    reader.push(new Uint8Array(900), middle);
    reader.push(new Uint8Array(900), last);
    expect(connection.calls).toEqual(['pause']);
    const { value: message } = await reader[Symbol.asyncIterator]().next();
    const pieces = message![Symbol.asyncIterator]();
    await pieces.next();
    expect(connection.calls).toEqual(['pause']);
    await pieces.next();
    await pieces.next();
    expect(connection.calls).toEqual(['pause', 'resume']);
  });

  it('skips what its consumer leaves, also what comes later', async () => {
    const connection = new FakeConnection();
    const reader = new MessageReader(connection, { highWaterBytes: 100 });
    const messages = reader[Symbol.asyncIterator]();
    reader.push(new Uint8Array(300), first);
    await messages.next();
    const next = messages.next();
    await new Promise(setImmediate);
    expect(connection.calls).toEqual(['pause', 'resume']);
    reader.push(new Uint8Array(300), last);
    reader.push(Uint8Array.from([7]), only);
    const { value: second } = await next;
    expect((await second![Symbol.asyncIterator]().next()).value).toEqual(Uint8Array.from([7]));
    await messages.return();
    reader.push(new Uint8Array(1_000), only);
    expect(connection.calls.filter((call) => call === 'pause').length).toBe(
      connection.calls.filter((call) => call === 'resume').length,
    );
  });

  it('fails the message within which the connection ends, and no other', async () => {
    const reader = new MessageReader(new FakeConnection());
    reader.push(Uint8Array.from([1]), only);
    reader.push(Uint8Array.from([2]), first);
    reader.end();
    const outcomes: string[] = [];
    for await (const message of reader) {
      try {
        for await (const piece of message) outcomes.push(`${piece[0]}`);
        outcomes.push('complete');
      } catch (error) {
        outcomes.push((error as Error).message);
      }
    }
    expect(outcomes).toEqual(['1', 'complete', '2', 'the connection ended within the message']);
  });

  it('gives a message as a web stream, which may be cancelled', async () => {
    const reader = new MessageReader(new FakeConnection());
    reader.push(Uint8Array.from([1]), first);
    reader.push(Uint8Array.from([2]), last);
    reader.push(Uint8Array.from([3]), only);
    const messages = reader[Symbol.asyncIterator]();
    const chunks: number[] = [];
    for await (const chunk of (await messages.next()).value!.stream()) chunks.push(...chunk);
    expect(chunks).toEqual([1, 2]);
    const stream = (await messages.next()).value!.stream();
    await stream.cancel();
    reader.end();
    expect(await messages.next()).toEqual({ done: true, value: undefined });
  });
});
