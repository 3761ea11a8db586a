/** The signals of a daemon. SIGUSR1 belongs to Node's inspector. Thread: the main one. */
import { ExitCode } from '../cli/exit-codes';

export type EndSignal = 'SIGTERM' | 'SIGINT';

export interface SignalActions {
  /** At the first SIGTERM or SIGINT. */
  stop(signal: EndSignal): void;
  /** At the second. Without it the process ends at once, with 128 and the number of the signal. */
  endNow?(signal: EndSignal): void;
  /** At SIGHUP. */
  reload(): void;
  /** At SIGUSR2. */
  dump(): void;
}

export function obeySignals({
  stop,
  endNow = (signal) => process.exit(ExitCode[signal]),
  reload,
  dump,
}: SignalActions): void {
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) return endNow(signal);
      stopping = true;
      stop(signal);
    });
  }
  process.on('SIGHUP', reload);
  process.on('SIGUSR2', dump);
}
