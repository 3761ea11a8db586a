/**
 * The log into syslog: `openSyslog`, as `openlog`, and `emitSyslog`, the emitter to give to `setLogLevel`.
 *
 * Thread: the main thread, or whichever has the hub.
 */
import { fstatSync } from 'node:fs';
import {
  emitStderr,
  type LogEmitter,
  type LogLevels,
  type LogRecord,
  levelBit,
  levelMask,
  writeStderr,
} from '../../shared/log';
import { LocalLink, loadUnixDgram } from './local-link';
import { LoggerLink } from './logger-link';
import { StreamLink, type SyslogFraming } from './stream-link';
import { describeAddress, LOCAL_SOCKET, parseSyslogAddress, type SyslogAddress } from './syslog-address';
import {
  encodeLine,
  formatForJournal,
  formatForLogger,
  formatLocal,
  formatRfc5424,
  SYSLOG_FACILITIES,
  type SyslogFacility,
  type SyslogSender,
} from './syslog-format';
import type { OpenLink } from './syslog-link';
import { SyslogQueue } from './syslog-queue';
import { UdpLink } from './udp-link';

export interface SyslogOptions {
  /** The program's name in every line: 1 to 48 printable characters without spaces (default `'ringcast'`). */
  ident?: string;
  /** Default `'daemon'`. */
  facility?: SyslogFacility;
  /** Levels that go to syslog, as for `setLogLevel`, of those that are logged at all (default: all of them). */
  mask?: LogLevels;
  /**
   * Where it goes: a path such as `/dev/log`, `unix-stream:/path`, `udp://host:port`, `tcp://host:port`, or `stderr` (for systemd's
   * journal). Default: `stderr` if the journal reads it, else `/dev/log`.
   */
  address?: string;
  /** How lines end on a stream (default: `'octets'` over TCP, `'newline'` over a unix stream). */
  framing?: SyslogFraming;
}

export interface SyslogStats {
  /** Handed over: to the system, or to the program `logger`. */
  sent: number;
  /** Lost: the daemon was away for too long, or the line came after `close`. */
  dropped: number;
  /** Wait for the daemon. */
  waiting: number;
}

/** Longer lines are cut: RFC 5424 asks receivers for 2,048 bytes, and daemons take 8 KiB by default. */
const MAX_UDP_BYTES = 2_048;
const MAX_LINE_BYTES = 8_192;
const DEFAULT_CLOSE_DEADLINE_MS = 1_000;
const IDENT = /^[!-~]{1,48}$/;
const ALL_LEVELS = levelMask('debug');

/** A way to syslog. Made by `openSyslog`. */
export class Syslog {
  /** How lines go out: for people. */
  readonly transport: string;
  /** The emitter of this way, for `setLogLevel`. Never blocks, never throws. */
  readonly emit: LogEmitter;
  readonly #queue: SyslogQueue;
  readonly #onExit = (): void => this.#queue.flushNow();

  /** @internal use `openSyslog` */
  constructor(way: Way, mask: number) {
    this.transport = way.transport;
    const { format, maxBytes } = way;
    this.#queue = new SyslogQueue(way.open, {
      away: ({ message }) =>
        emitStderr(ownRecord(`syslog cannot be reached (${way.transport}: ${message}): lines wait for it`)),
      missing: (dropped) =>
        encodeLine(format(ownRecord(`${dropped.toLocaleString('en-US')} lines were lost here`)), maxBytes),
    });
    this.emit = (record) => {
      if ((levelBit(record.level) & mask) !== 0) this.#queue.push(encodeLine(format(record), maxBytes));
    };
    process.on('exit', this.#onExit);
  }

  stats(): SyslogStats {
    return { sent: this.#queue.sent, dropped: this.#queue.dropped, waiting: this.#queue.waiting };
  }

  /** Hands over what waits, for `deadlineMs` (1,000) at the most. Lines that come later are dropped. */
  async close({ deadlineMs = DEFAULT_CLOSE_DEADLINE_MS }: { deadlineMs?: number } = {}): Promise<void> {
    if (current === this) current = undefined;
    await this.#queue.close(deadlineMs);
    process.off('exit', this.#onExit);
    const { dropped } = this.#queue;
    if (dropped > 0)
      emitStderr(
        ownRecord(`${dropped.toLocaleString('en-US')} lines did not get to syslog (${this.transport})`),
      );
  }
}

/** What `emitSyslog` speaks to. */
let current: Syslog | undefined;

/**
 * Opens a way to syslog, and makes it that of `emitSyslog`. It never fails because the daemon is away: lines wait for it.
 *
 * @throws {TypeError | RangeError} for a bad option, named with its value
 *
 * @example
 * openSyslog({ ident: 'ticker', facility: 'local0' })
 * setLogLevel('info', emitSyslog)
 */
export function openSyslog(options: SyslogOptions = {}): Syslog {
  const { ident = 'ringcast', facility = 'daemon', mask, address, framing } = options;
  if (typeof ident !== 'string' || !IDENT.test(ident)) {
    throw new RangeError(
      `ident is ${JSON.stringify(ident)}: it must be 1 to 48 printable ASCII characters without spaces`,
    );
  }
  if (!Object.hasOwn(SYSLOG_FACILITIES, facility)) {
    throw new RangeError(
      `facility is ${JSON.stringify(facility)}: it must be one of ${Object.keys(SYSLOG_FACILITIES).join(', ')}`,
    );
  }
  if (framing !== undefined && framing !== 'octets' && framing !== 'newline') {
    throw new RangeError(`framing is ${JSON.stringify(framing)}: it must be 'octets' or 'newline'`);
  }
  const levels = mask === undefined ? ALL_LEVELS : levelMask(mask, 'mask');
  const where = address === undefined ? defaultAddress() : parseSyslogAddress(address);
  current = new Syslog(wayTo(where, { ident, facility }, framing), levels);
  return current;
}

/** The emitter for `setLogLevel`: to the way that was opened last; without any, it opens one with the defaults. */
export function emitSyslog(record: LogRecord): void {
  current ??= openSyslog();
  current.emit(record);
}

interface Way {
  transport: string;
  open: OpenLink;
  format: (record: LogRecord) => string;
  maxBytes: number;
}

function wayTo(address: SyslogAddress, sender: SyslogSender, framing: SyslogFraming | undefined): Way {
  const transport = describeAddress(address);
  const rfc5424 = {
    transport,
    format: (record: LogRecord) => formatRfc5424(sender, record),
    maxBytes: MAX_LINE_BYTES,
  };
  switch (address.kind) {
    case 'stderr':
      return { transport, open: openStderr, format: formatForJournal, maxBytes: MAX_LINE_BYTES };
    case 'udp':
      return {
        ...rfc5424,
        maxBytes: MAX_UDP_BYTES,
        open: (events) => new UdpLink(address.host, address.port, events),
      };
    case 'tcp':
      return {
        ...rfc5424,
        open: (events) =>
          new StreamLink({ host: address.host, port: address.port }, framing ?? 'octets', events),
      };
    case 'stream':
      return {
        ...rfc5424,
        open: (events) => new StreamLink({ path: address.path }, framing ?? 'newline', events),
      };
    case 'local':
      return wayToLocal(address.path, sender);
  }
}

function wayToLocal(path: string, sender: SyslogSender): Way {
  const unix = loadUnixDgram();
  if (unix !== undefined) {
    return {
      transport: `${path} by unix-dgram`,
      open: (events) => new LocalLink(unix, path, events),
      format: (record) => formatLocal(sender, record),
      maxBytes: MAX_LINE_BYTES,
    };
  }
  return {
    transport: `${path} by logger`,
    open: (events) => new LoggerLink(path, sender.ident, MAX_LINE_BYTES, events),
    format: (record) => formatForLogger(sender, record),
    maxBytes: MAX_LINE_BYTES,
  };
}

const openStderr: OpenLink = () => ({
  unsent: 0,
  send: (lines) => {
    for (const line of lines) writeStderr(line.toString('utf8'));
    return lines.length;
  },
  destroy: () => {},
});

/** systemd tells by `JOURNAL_STREAM` which device and inode its journal reads: if that is our standard error, it takes prefixes. */
function defaultAddress(): SyslogAddress {
  try {
    const { dev, ino } = fstatSync(2);
    if (process.env.JOURNAL_STREAM === `${dev}:${ino}`) return { kind: 'stderr' };
  } catch {} // no standard error
  return { kind: 'local', path: LOCAL_SOCKET };
}

/** A line about syslog itself. */
function ownRecord(message: string): LogRecord {
  return { time: Date.now(), level: 'warn', thread: 'main', message };
}
