/** What `loadTest` takes. Everything has a default; `resolvePlan` checks it and fills them in. */
import type { Check, Mode, SizeChoice, SlowGroup, Stage } from '../../shared/load/plan';
import type { LoadResult, SeriesRow } from '../../shared/load/result';

/** Servers that ringcast brings along, to be loaded or compared with: each is started in a process of its own. */
export const REFERENCE_TARGETS = [
  'ringcast',
  'ws-loop',
  'ws-broadcastchannel',
  'socket.io',
  'sink',
  'echo',
] as const;
export type ReferenceTarget = (typeof REFERENCE_TARGETS)[number];

/** Rates are per second, shares between 0 and 1. */
export interface LoadOptions {
  /** `ws://` or `wss://`. Without `url`, `target` and `command`, a hub is started in a process of its own. */
  url?: string;
  /** Where publishers connect to, if that is another place than where clients do. */
  publishUrl?: string;
  target?: ReferenceTarget;
  /** Starts the server under test, waits until the port of `url` answers, and ends it afterwards. */
  command?: { file: string; arguments: string[]; readyTimeoutMs?: number };
  /** Default `'broadcast'`. */
  mode?: Mode;
  /** Default 100. */
  clients?: number;
  /** Publishers of a broadcast. Default 1. */
  publishers?: number;
  /** Load threads in each process. Default: one less than there are cores, at least one. */
  workers?: number;
  /** Default: as many as the descriptor limit asks for. */
  processes?: number;
  /** Messages per second of all publishers together. Default 1,000; for `idle` and `connect` 0. */
  ratePerSecond?: number;
  /** Instead of `ratePerSecond` and `durationMs`. */
  stages?: (Omit<Stage, 'ramp'> & { ramp?: boolean })[];
  /** Size of each payload. Default 128. */
  sizeBytes?: number | { min: number; max: number } | SizeChoice[];
  payload?: {
    text?: boolean;
    fill?: 'random' | 'constant';
    /** Lines that fill the messages, in turn. */
    lines?: string[];
    template?: string;
  };
  /** Default 10 s. */
  durationMs?: number;
  /** Default: a fifth of the duration, at most 5 s, at least 500 ms. */
  warmupMs?: number;
  /** Between the last connection and the first message. Default 250 ms. */
  settleMs?: number;
  maxMessages?: number;
  /** Default 5 s. */
  drainTimeoutMs?: number;
  /** Default 1,000; the rate of a connect storm. */
  connectRatePerSecond?: number;
  /** Default 10 s. */
  connectTimeoutMs?: number;
  /** Default 200. */
  connectConcurrency?: number;
  /** Default 3. */
  connectAttempts?: number;
  headers?: Record<string, string>;
  origin?: string;
  subprotocols?: string[];
  /** PEM texts. */
  tls?: { insecure?: boolean; ca?: string; cert?: string; key?: string };
  compression?: boolean;
  /** Default: none up to 20,000 clients to a loopback address, then as many of 127.0.0.x as are needed. */
  sourceAddresses?: string[];
  /** Default `'sink'`. */
  client?: 'sink' | 'ws';
  /** `'raw'` (default), `'socket.io'`, or the path of a module that exports an `Adapter`. */
  adapter?: string;
  /** `share` of the clients, or `clients` of them. */
  slow?: ({ share?: number; clients?: number; name?: string } & { behaviour: SlowGroup['behaviour'] })[];
  churnPerSecond?: number;
  reconnect?: boolean;
  /** Default: all. */
  checks?: Check[];
  /** Such as `'response.p99 < 50ms'`. */
  thresholds?: string[];
  abortOnFailMs?: number;
  /** Default 50, 90, 99, 99.9. */
  percentiles?: number[];
  /** Default: drawn, and told in the result. */
  seed?: number;
  name?: string;
  labels?: Record<string, string>;
  /**
   * Agents on other hosts, `host:port`, that make the load instead of this one. `tls`: the connections to them are encrypted, and
   * their certificates checked (`ca`: PEM; absent: by the authorities that Node trusts).
   */
  agents?: { addresses: string[]; token: string; tls?: { ca?: string } };
  /** Tells latencies between hosts also where their clocks are not known well enough. Default false. */
  force?: boolean;
  /** Ends the run; the result is of what was measured until then, `run.ended` is `'interrupted'`. */
  signal?: AbortSignal;
  /** Called as it goes, never by the threads that make the load. */
  onEvent?: (event: LoadEvent) => void;
}

/** What is told while a test runs. */
export type LoadEvent =
  | { type: 'phase'; name: 'prepare' | 'connect' | 'settle' | 'warm-up' | 'measure' | 'drain' | 'finish' }
  /** A few times a second while clients connect. */
  | { type: 'connecting'; connected: number; failed: number; clients: number }
  /** Once a second from the first message on. */
  | { type: 'second'; row: SeriesRow }
  | { type: 'warning'; message: string }
  | { type: 'result'; result: LoadResult };
