/** The signals of a daemon. SIGUSR1 belongs to Node's inspector. Thread: the main one. */
import { ExitCode } from '../cli/exit-codes';

export interface SignalActions {
  /** At the first SIGTERM or SIGINT. At the second the process ends at once. */
  stop(signal: 'SIGTERM' | 'SIGINT'): void;
  /** At SIGHUP. */
  reload(): void;
  /** At SIGUSR2. */
  dump(): void;
}

export function obeySignals({ stop, reload, dump }: SignalActions): void {
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(ExitCode[signal]);
      stopping = true;
      stop(signal);
    });
  }
  process.on('SIGHUP', reload);
  process.on('SIGUSR2', dump);
}
