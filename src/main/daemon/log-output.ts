/**
 * Where the log of a command goes: to standard error, or to a file, or to syslog.
 *
 * Thread: the main one.
 */
import {
  formatLogRecord,
  type LogEmitter,
  type LogLevels,
  type LogRecord,
  setLogLevel,
} from '../../shared/log';
import { emitSyslog, openSyslog, type Syslog } from '../log/syslog';
import type { LogFile } from './log-file';

export interface LogDestination {
  levels: LogLevels;
  file: LogFile | undefined;
  /** Its address; true: the default one. Lines go there instead of to the file. */
  syslog: string | true | undefined;
}

export class LogOutput {
  readonly #syslog: Syslog | undefined;

  /** @param alsoTell gets each line too; then none goes to standard error */
  constructor({ levels, file, syslog }: LogDestination, alsoTell?: (record: LogRecord) => void) {
    if (syslog !== undefined) this.#syslog = openSyslog({ address: syslog === true ? undefined : syslog });
    const emit = this.#syslog === undefined ? emitTo(file) : emitSyslog;
    if (alsoTell === undefined) setLogLevel(levels, emit);
    else
      setLogLevel(levels, (record) => {
        alsoTell(record);
        return emit?.(record);
      });
  }

  /** Hands over what waits. */
  async close(): Promise<void> {
    await this.#syslog?.close();
  }
}

function emitTo(file: LogFile | undefined): LogEmitter | undefined {
  return file && ((record) => file.write(`${formatLogRecord(record)}\n`));
}
