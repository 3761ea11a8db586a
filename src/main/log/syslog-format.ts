/** Lines for syslog: RFC 5424, and the older form that daemons expect on the machine's own socket. */
import { hostname } from 'node:os';
import { formatLogText, type LogLevelName, type LogRecord } from '../../shared/log';

/** Who is speaking, as syslog sorts it (RFC 5424 section 6.2.1). Not `kern`: that is the kernel's own. */
export const SYSLOG_FACILITIES = {
  user: 1,
  mail: 2,
  daemon: 3,
  auth: 4,
  syslog: 5,
  lpr: 6,
  news: 7,
  uucp: 8,
  cron: 9,
  authpriv: 10,
  ftp: 11,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
} as const;
export type SyslogFacility = keyof typeof SYSLOG_FACILITIES;

const SEVERITIES: { [level in LogLevelName]: number } = { err: 3, warn: 4, notice: 5, info: 6, debug: 7 };
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** What stands in every line of one program. */
export interface SyslogSender {
  ident: string;
  facility: SyslogFacility;
}

export function priorityOf({ facility }: SyslogSender, { level }: LogRecord): number {
  return SYSLOG_FACILITIES[facility] * 8 + SEVERITIES[level];
}

/** `<28>Nov 24 10:00:00 ident[pid]: text`, as glibc's `syslog` sends it to the machine's own daemon: local time, no host. */
export function formatLocal(sender: SyslogSender, record: LogRecord): string {
  const time = new Date(record.time);
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(twoDigits).join(':');
  const date = `${MONTHS[time.getMonth()]} ${String(time.getDate()).padStart(2, ' ')}`;
  return `<${priorityOf(sender, record)}>${date} ${clock} ${sender.ident}[${process.pid}]: ${formatLogText(record)}`;
}

/** RFC 5424: `<28>1 2026-11-24T10:00:00.000Z host ident pid - - text`. */
export function formatRfc5424(sender: SyslogSender, record: LogRecord): string {
  const time = new Date(record.time).toISOString();
  return `<${priorityOf(sender, record)}>1 ${time} ${HOSTNAME} ${sender.ident} ${process.pid} - - ${formatLogText(record)}`;
}

/** `<4>text`: what systemd's journal reads from standard error; it adds time and program itself, and knows no facility here. */
export function formatForJournal(record: LogRecord): string {
  return `<${SEVERITIES[record.level]}>${formatLogText(record)}`;
}

/** `<28>text`: for `logger --prio-prefix`, which adds the rest. */
export function formatForLogger(sender: SyslogSender, record: LogRecord): string {
  return `<${priorityOf(sender, record)}>${formatLogText(record)}`;
}

/** Cuts a line to so many bytes, not within a character. */
export function encodeLine(line: string, maxBytes: number): Buffer {
  const bytes = Buffer.from(line);
  if (bytes.length <= maxBytes) return bytes;
  let end = maxBytes;
  while ((bytes[end] & 0xc0) === 0x80) end--; // a byte that continues a character
  return bytes.subarray(0, end);
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}

/** The header is printable ASCII without spaces (RFC 5424 section 6). */
const HOSTNAME = hostname()
  .replace(/[^!-~]/g, '')
  .slice(0, 255)
  .concat('-')
  .replace(/(.)-$/, '$1');
