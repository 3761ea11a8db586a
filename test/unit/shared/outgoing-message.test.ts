import { FRAGMENT_BYTES, type FragmentPlace, OutgoingMessage } from '../../../src/shared/outgoing-message';

/** A message whose fragments are noted, and settled when the test says so. */
function message(options?: { text?: boolean }, fragmentBytes?: number) {
  const sent: (FragmentPlace & { text: string; settle: (sent: boolean) => void })[] = [];
  const outgoing = new OutgoingMessage(
    (bytes, place) =>
      new Promise((settle) => sent.push({ text: Buffer.from(bytes).toString(), ...place, settle })),
    options,
    fragmentBytes,
  );
  return { outgoing, sent, places: () => sent.map(({ text, first, last }) => [text, first, last]) };
}

const tick = () => new Promise(setImmediate);

describe('a message that is sent in fragments', () => {
  it('hands over its first piece at once, and each further one behind the one before', async () => {
    const { outgoing, sent, places } = message();
    const calls = [outgoing.write(Buffer.from('a')), outgoing.write(Buffer.from('b')), outgoing.end()];
    expect(places()).toEqual([['a', true, false]]);
    await tick();
    expect(sent).toHaveLength(1);
    sent[0].settle(true);
    await tick();
    sent[1].settle(true);
    await tick();
    sent[2].settle(true);
    expect(await Promise.all(calls)).toEqual([true, true, true]);
    expect(places()).toEqual([
      ['a', true, false],
      ['b', false, false],
      ['', false, true],
    ]);
  });

  it('cuts long pieces, with four fragments under way at the most', async () => {
    const { outgoing, sent } = message();
    const done = outgoing.end(Buffer.alloc(5 * FRAGMENT_BYTES + 1, 'x'));
    await tick();
    expect(sent).toHaveLength(4);
    for (let settled = 0; settled < 6; settled++) {
      sent[settled].settle(true);
      await tick();
    }
    expect(await done).toBe(true);
    expect(sent.map(({ text, first, last }) => [text.length, first, last])).toEqual([
      [FRAGMENT_BYTES, true, false],
      ...Array(4).fill([FRAGMENT_BYTES, false, false]),
      [1, false, true],
    ]);
  });

  it('cuts by what its way can carry, and may be of one fragment', async () => {
    const short = message({}, 2);
    void short.outgoing.end(Buffer.from('abc'));
    expect(short.places()).toEqual([
      ['ab', true, false],
      ['c', false, true],
    ]);
    const whole = message();
    void whole.outgoing.end(Buffer.from('abc'));
    expect(whole.places()).toEqual([['abc', true, true]]);
  });

  it('says false from the first fragment on that was not sent, and sends no more', async () => {
    const { outgoing, sent } = message();
    const written = outgoing.write(Buffer.from('a'));
    sent[0].settle(false);
    expect(await written).toBe(false);
    expect(await outgoing.write(Buffer.from('b'))).toBe(false);
    expect(await outgoing.end()).toBe(false);
    expect(sent).toHaveLength(1);
  });

  it('fails as its way fails, and then is over', async () => {
    const outgoing = new OutgoingMessage(() => Promise.reject(new Error('no way')));
    await expect(outgoing.write(Buffer.alloc(10 * FRAGMENT_BYTES))).rejects.toThrow('no way');
    expect(await outgoing.write(Buffer.from('x'))).toBe(false);
  });

  it('keeps characters whole across strings, and checks bytes across pieces', async () => {
    const { outgoing, sent, places } = message({ text: true });
    const writes = ['smile '.concat('😀'[0]), '😀'[1], Buffer.from([0xc3]), Buffer.from([0xa4])].map((data) =>
      outgoing.write(data as string),
    );
    writes.push(outgoing.end());
    for (let settled = 0; settled < 5; settled++) {
      await tick();
      sent[settled].settle(true);
    }
    expect(await Promise.all(writes)).toEqual(Array(5).fill(true));
    expect(places().slice(0, 2)).toEqual([
      ['smile ', true, false],
      ['😀', false, false],
    ]);
  });

  it.each([
    ['a string in a binary message', {}, ['x'], 'data is a string, but the message is binary'],
    ['bytes that are not UTF-8', { text: true }, [Buffer.from([0xff])], 'do not go on with UTF-8'],
    [
      'a string within a character of bytes',
      { text: true },
      [Buffer.from([0xc3]), 'x'],
      'within a character',
    ],
    ['what is neither', {}, [5], 'data is number: it must be a string or a Uint8Array'],
  ])('refuses %s', async (_what, options, pieces, message) => {
    const outgoing = new OutgoingMessage(async () => true, options);
    const results = await Promise.allSettled(pieces.map((piece) => outgoing.write(piece as string)));
    expect(results.at(-1)).toMatchObject({ status: 'rejected', reason: { name: 'TypeError' } });
    expect((results.at(-1) as PromiseRejectedResult).reason.message).toContain(message);
  });

  it('refuses to end within a character, and to go on behind its end', async () => {
    const cut = new OutgoingMessage(async () => true, { text: true });
    await expect(cut.end(Buffer.from([0xc3]))).rejects.toThrow('do not go on with UTF-8');
    const outgoing = new OutgoingMessage(async () => true, { text: true });
    expect(await outgoing.end('all')).toBe(true);
    await expect(outgoing.write('more')).rejects.toThrow('the message is ended');
  });
});
