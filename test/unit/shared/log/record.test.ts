import { formatLogRecord, LogLevel } from '../../../../src/shared/log';
import { MAX_MESSAGE_CHARACTERS, makeRecord, summaryOf } from '../../../../src/shared/log/record';

const message = (given: unknown) => makeRecord(LogLevel.ERR, 'main', given).message;

describe('a line of the log', () => {
  it('has time, level, thread and connection in front of its text', () => {
    const record = { time: Date.UTC(2013, 0, 20, 11, 28, 6, 7), level: 'warn', message: 'text' } as const;
    expect(formatLogRecord({ ...record, thread: 'main' })).toBe('2013-01-20T11:28:06.007Z warn text');
    expect(formatLogRecord({ ...record, thread: 'service' })).toBe(
      '2013-01-20T11:28:06.007Z warn service: text',
    );
    expect(formatLogRecord({ ...record, thread: 'producer 7', connection: 3 })).toBe(
      '2013-01-20T11:28:06.007Z warn producer 7, connection 3: text',
    );
    expect(formatLogRecord({ ...record, thread: 'main', connection: 0 })).toBe(
      '2013-01-20T11:28:06.007Z warn connection 0: text',
    );
  });

  it('is one line without control characters, whatever a peer wrote', () => {
    expect(message('a\r\n2013-01-20T11:28:06.007Z err forged\t\x1b[31mred\x07\x7f\x9b')).toBe(
      'a\\r\\n2013-01-20T11:28:06.007Z err forged\\t\\x1b[31mred\\x07\\x7f\\x9b',
    );
    expect(message('\u2028\u2029\u202egnp.exe\u2066')).toBe('\\u2028\\u2029\\u202egnp.exe\\u2066');
    expect(message('näive, 日本, 🚀 and \\n stay')).toBe('näive, 日本, 🚀 and \\n stay');
  });

  it('is cut when it is too long, and says by how much', () => {
    const long = message('x'.repeat(MAX_MESSAGE_CHARACTERS + 1_234));
    expect(long).toBe(`${'x'.repeat(MAX_MESSAGE_CHARACTERS)}… (1,234 more characters)`);
    expect(message('x'.repeat(MAX_MESSAGE_CHARACTERS))).toHaveLength(MAX_MESSAGE_CHARACTERS);
  });

  it('is made of anything', () => {
    const mute = {
      toString() {
        throw new Error('no');
      },
    };
    expect([message(new Error('oh\nno')), message(Symbol('s')), message(undefined), message(mute)]).toEqual([
      'Error: oh\\nno',
      'Symbol(s)',
      'undefined',
      'something without a text',
    ]);
  });

  it('may stand for others', () => {
    const last = makeRecord(LogLevel.WARN, 'service', 'again', 1);
    expect(summaryOf(last, 1_203)).toEqual({ ...last, similar: 1_203, message: '… 1,203 similar: again' });
  });
});
