/**
 * The log: five levels, as in 2013. Every part of ringcast that has something to say to a person says it here.
 *
 * Thread: any.
 */

/** One bit a level, so that any set of them is a number. */
export const LogLevel = { ERR: 1, WARN: 2, NOTICE: 4, INFO: 8, DEBUG: 16 } as const;
export type LogLevel = (typeof LogLevel)[keyof typeof LogLevel];

/** What a line is about, beside its text. */
export interface LogTags {
  /** A connection's id. */
  connection?: number;
}

let written: number = LogLevel.ERR | LogLevel.WARN | LogLevel.NOTICE;

/** Chooses what is written: the levels' bits, summed. */
export function setLogLevel(levels: number): void {
  written = levels;
}

function write(level: LogLevel, name: string, message: string, tags: LogTags): void {
  if ((written & level) === 0) return;
  const connection = tags.connection === undefined ? '' : ` connection ${tags.connection}:`;
  process.stderr.write(`${new Date().toISOString()} ${name}${connection} ${message}\n`);
}

export const log = {
  err: (message: string, tags: LogTags = {}): void => write(LogLevel.ERR, 'err', message, tags),
  warn: (message: string, tags: LogTags = {}): void => write(LogLevel.WARN, 'warn', message, tags),
  notice: (message: string, tags: LogTags = {}): void => write(LogLevel.NOTICE, 'notice', message, tags),
  info: (message: string, tags: LogTags = {}): void => write(LogLevel.INFO, 'info', message, tags),
  debug: (message: string, tags: LogTags = {}): void => write(LogLevel.DEBUG, 'debug', message, tags),
};
