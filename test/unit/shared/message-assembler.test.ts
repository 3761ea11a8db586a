import fc from 'fast-check';
import type { FragmentInfo } from '../../../src/shared/inbound';
import { type AssembledMessage, MessageAssembler } from '../../../src/shared/message-assembler';

/** The pieces of a message, of at most `size` bytes each. */
function* pieces(payload: Buffer, binary: boolean, size: number): Generator<[Uint8Array, FragmentInfo]> {
  let at = 0;
  do {
    const bytes = payload.subarray(at, at + size);
    const remaining = payload.length - at - bytes.length;
    yield [
      Uint8Array.from(bytes),
      { first: at === 0, final: true, remaining, binary, messageBytes: at + bytes.length },
    ];
    at += bytes.length;
  } while (at < payload.length);
}

describe('an assembler', () => {
  it('gives back every message, whatever the pieces', () => {
    const payload = fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array());
    fc.assert(
      fc.property(fc.array(payload), fc.integer({ min: 1, max: 20 }), (payloads, size) => {
        const assembler = new MessageAssembler();
        const given: unknown[] = [];
        for (const data of payloads) {
          for (const [bytes, fragment] of pieces(
            Buffer.from(data as string),
            typeof data !== 'string',
            size,
          )) {
            const message = assembler.push(bytes, fragment);
            bytes.fill(0); // they are valid during the call only
            if (message !== undefined) given.push((message as AssembledMessage).data);
          }
        }
        expect(given).toEqual(payloads);
      }),
    );
  });

  it('says once that a message is too long, skips the rest of it, and takes the next', () => {
    const assembler = new MessageAssembler({ maxMessageBytes: 10 });
    const push = (text: string) =>
      [...pieces(Buffer.from(text), false, 4)].map(([bytes, fragment]) => assembler.push(bytes, fragment));
    expect(push('0123456789a')).toEqual([undefined, undefined, 'too long']);
    expect(push('0123456789abcdefg')).toEqual([undefined, undefined, 'too long', undefined, undefined]);
    expect(push('0123456789').at(-1)).toEqual({ binary: false, data: '0123456789' });
  });

  it.each([0, -1, 1.5, Number.NaN, '9'])('refuses a limit of %p', (maxMessageBytes) => {
    expect(() => new MessageAssembler({ maxMessageBytes: maxMessageBytes as number })).toThrow(
      `maxMessageBytes is ${maxMessageBytes}: it must be a whole number above 0`,
    );
  });
});
