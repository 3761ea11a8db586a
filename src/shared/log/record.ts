/**
 * A line of the log, as it travels between threads and as an emitter gets it.
 *
 * What a peer sent may stand in a message, so it is made harmless here, once, for every emitter: one line, no control
 * characters (no forged lines, no terminal escapes), no more than a fixed length.
 *
 * Thread: any.
 */
import { isMainThread } from 'node:worker_threads';
import { type LogLevel, type LogLevelName, levelName } from './levels';

/** What a line is about, beside its text. */
export interface LogTags {
  /** A connection's id. */
  connection?: number;
  /**
   * Lines of one level and kind count as repeated, though their texts differ. Without it, lines with the same text do.
   */
  kind?: string;
}

export interface LogRecord {
  /** When it was logged: milliseconds since 1970. */
  readonly time: number;
  readonly level: LogLevelName;
  /** Who logged it: `'main'`, `'service'`, `'producer 7'`, or `'thread 7'` for any other; the number is Node's thread id. */
  readonly thread: string;
  readonly connection?: number;
  /** One line: control characters are escaped. */
  readonly message: string;
  /** This line stands for so many repeated ones that were held back. Its message begins with the number. */
  readonly similar?: number;
}

/** Longer messages are cut: a line must fit a thread's lane, also with every character escaped. */
export const MAX_MESSAGE_CHARACTERS = 4_096;

export function makeRecord(
  level: LogLevel,
  thread: string,
  message: unknown,
  connection?: number,
): LogRecord {
  const record = { time: Date.now(), level: levelName(level), thread, message: oneLine(textOf(message)) };
  return typeof connection === 'number' ? { ...record, connection } : record;
}

/** `last` again, as the line that stands for `similar` lines which were held back, itself among them. */
export function summaryOf(last: LogRecord, similar: number): LogRecord {
  return { ...last, similar, message: `… ${similar.toLocaleString('en-US')} similar: ${last.message}` };
}

/** Who says what, without time and level: `service, connection 17: cut, it is too slow`. */
export function formatLogText({ thread, connection, message }: LogRecord): string {
  const of: string[] = thread === 'main' ? [] : [thread];
  if (connection !== undefined) of.push(`connection ${connection}`);
  return of.length === 0 ? message : `${of.join(', ')}: ${message}`;
}

/** The line that the default emitter writes, without its line end. */
export function formatLogRecord(record: LogRecord): string {
  return `${new Date(record.time).toISOString()} ${record.level} ${formatLogText(record)}`;
}

/** The name of this thread, as long as it has no better one. */
export function defaultThreadName(threadId: number): string {
  return isMainThread ? 'main' : `thread ${threadId}`;
}

/** A log call must not fail, whatever it is given. */
export function textOf(message: unknown): string {
  try {
    return String(message);
  } catch {
    return 'something without a text';
  }
}

/** Control characters of ASCII and Latin-1, line separators, and what turns the direction of text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
const SHORT_ESCAPES: { [character: string]: string } = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function oneLine(text: string): string {
  const rest = text.length - MAX_MESSAGE_CHARACTERS;
  const kept = rest > 0 ? text.slice(0, MAX_MESSAGE_CHARACTERS) : text;
  const safe = kept.replace(UNSAFE, escaped);
  return rest > 0 ? `${safe}… (${rest.toLocaleString('en-US')} more characters)` : safe;
}

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  return SHORT_ESCAPES[character] ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
