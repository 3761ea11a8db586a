import fc from 'fast-check';
import { LineSplitter } from '../../../../src/main/cli/line-splitter';

/** Feeds `chunks`, each from memory that is overwritten behind it. Too long lines come as their lengths. */
function split(maxLineBytes: number, ...chunks: string[]): (string | number)[] {
  const splitter = new LineSplitter(maxLineBytes);
  const lines: (string | number)[] = [];
  for (const text of chunks) {
    const chunk = Buffer.from(text);
    for (const line of splitter.push(chunk))
      lines.push('bytes' in line ? line.bytes.toString() : line.tooLongBytes);
    chunk.fill('#');
  }
  const last = splitter.end();
  if (last !== undefined) lines.push('bytes' in last ? last.bytes.toString() : last.tooLongBytes);
  return lines;
}

describe('LineSplitter', () => {
  test.each([
    ['a line end behind every line', ['a\nb\n'], ['a', 'b']],
    ['a last line without line end', ['a\nb'], ['a', 'b']],
    ['empty lines', ['\n\na\n\n'], ['', '', 'a', '']],
    ['nothing at all', [''], []],
    ['CRLF', ['a\r\nb\r\n\r\n'], ['a', 'b', '']],
    ['CRLF cut in two', ['a\r', '\nb'], ['a', 'b']],
    ['a CR within a line, and one too many before its end', ['a\rb\r\r\n'], ['a\rb\r']],
    ['a CR at the very end, without LF', ['a\r'], ['a\r']],
    ['a line in many pieces', ['a', 'b', '', 'c\n', 'd'], ['abc', 'd']],
    ['a line of the longest length', ['12345\n'], ['12345']],
    [
      'a line of the longest length with CRLF, cut anywhere',
      ['12345\r', '\n', '1234', '5', '\r\n'],
      ['12345', '12345'],
    ],
    ['a line that is one byte too long', ['123456\nok\n'], [6, 'ok']],
    ['a long line in many pieces', ['1234', '5678', '90\nok'], [10, 'ok']],
    ['a last line that is too long', ['ok\n123456'], ['ok', 6]],
    ['a CR at the end of the input that makes a line too long', ['12345\r'], [6]],
  ])('%s', (_title, chunks, lines) => {
    expect(split(5, ...chunks)).toEqual(lines);
  });

  test('gives the same lines wherever the input is cut', () => {
    const text = fc.array(fc.constantFrom('a', 'bc', '\n', '\r', '\r\n'), { maxLength: 40 });
    fc.assert(
      fc.property(text, fc.array(fc.nat(60)), (pieces, cuts) => {
        const whole = pieces.join('');
        const places = [...cuts.filter((cut) => cut < whole.length).sort((a, b) => a - b), whole.length];
        const chunks = places.map((place, index) => whole.slice(places[index - 1] ?? 0, place));
        const expected = whole.split('\n').map((line, index, all) => {
          const text = index < all.length - 1 ? line.replace(/\r$/, '') : line;
          return text.length > 5 ? text.length : text;
        });
        if (expected.at(-1) === '') expected.pop();
        expect(split(5, ...chunks)).toEqual(expected);
      }),
    );
  });
});
