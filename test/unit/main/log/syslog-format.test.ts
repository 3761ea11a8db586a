import { hostname } from 'node:os';
import {
  encodeLine,
  formatForJournal,
  formatForLogger,
  formatLocal,
  formatRfc5424,
  priorityOf,
} from '../../../../src/main/log/syslog-format';
import type { LogRecord } from '../../../../src/shared/log';

const sender = { ident: 'ticker', facility: 'local0' } as const;
const record: LogRecord = {
  time: new Date(2026, 10, 4, 9, 5, 7, 42).getTime(),
  level: 'warn',
  thread: 'service',
  connection: 17,
  message: 'too slow',
};

describe('lines for syslog', () => {
  it('carry facility and severity in one number', () => {
    const priorities = (['err', 'warn', 'notice', 'info', 'debug'] as const).map((level) =>
      priorityOf(sender, { ...record, level }),
    );
    expect(priorities).toEqual([131, 132, 133, 134, 135]);
    expect(priorityOf({ ident: 'x', facility: 'daemon' }, record)).toBe(28);
  });

  it('have local time and no host on the local socket', () => {
    expect(formatLocal(sender, record)).toBe(
      `<132>Nov  4 09:05:07 ticker[${process.pid}]: service, connection 17: too slow`,
    );
  });

  it('follow RFC 5424 elsewhere', () => {
    const time = new Date(record.time).toISOString();
    expect(formatRfc5424(sender, record)).toBe(
      `<132>1 ${time} ${hostname()} ticker ${process.pid} - - service, connection 17: too slow`,
    );
  });

  it('have a prefix only, for the journal and for logger', () => {
    expect(formatForJournal(record)).toBe('<4>service, connection 17: too slow');
    expect(formatForLogger(sender, record)).toBe('<132>service, connection 17: too slow');
  });

  it('are cut between characters', () => {
    expect(encodeLine('a€b', 5).toString()).toBe('a€b');
    for (const [bytes, text] of [
      [4, 'a€'],
      [3, 'a'],
      [2, 'a'],
      [1, 'a'],
    ] as const)
      expect(encodeLine('a€b', bytes).toString()).toBe(text);
  });
});
