/**
 * What a load test is to do, every default filled in: plain data, so that it can travel to threads, processes and other
 * hosts. Only `resolvePlan` (main/load) makes one.
 *
 * Times are milliseconds, rates are per second, sizes are bytes; shares are between 0 and 1.
 */

/** Who sends what to whom. `docs/bench.md` draws each. */
export const Mode = {
  /** Publishers send, the server gives each message to every client. */
  BROADCAST: 'broadcast',
  /** Every client sends, and gets its own messages back. */
  ECHO: 'echo',
  /** Every client sends; nothing is expected back. */
  FAN_IN: 'fan-in',
  /** Clients connect and stay, nothing is sent. */
  IDLE: 'idle',
  /** Clients connect, at the connect rate, and each leaves as soon as it is open. */
  CONNECT: 'connect',
  /** As broadcast; all clients are cut at once, at a third and at two thirds, and all come back at once. */
  RECONNECT: 'reconnect',
  /** As broadcast; `churnPerSecond` clients leave and as many come. */
  CHURN: 'churn',
} as const;
export type Mode = (typeof Mode)[keyof typeof Mode];

/** A part of the schedule. The rate goes in a straight line from the end of the stage before to `ratePerSecond`, or jumps. */
export interface Stage {
  durationMs: number;
  /** Messages per second of all publishers together. */
  ratePerSecond: number;
  /** Whether the rate gets there in a straight line over the stage, instead of at its start. */
  ramp: boolean;
}

/** Peers that do not behave. */
export interface SlowGroup {
  /** How it was written, such as `5%:64kB/s`: its name in the result. */
  name: string;
  /** How many clients of the whole test. */
  clients: number;
  behaviour:
    | { kind: 'rate'; bytesPerSecond: number }
    /** Reads nothing for `stallMs` of every `everyMs`. */
    | { kind: 'stall'; stallMs: number; everyMs: number }
    | { kind: 'never-read' }
    /** Answers no ping and no close; its kernel goes on taking bytes. */
    | { kind: 'half-open' }
    /** Its connection is reset after `afterMs`, in the middle of a frame if one is being read. */
    | { kind: 'cut'; afterMs: number };
}

/** Sizes of payloads, bytes. One of them is drawn for each message. */
export interface SizeChoice {
  minBytes: number;
  maxBytes: number;
  weight: number;
}

export interface PayloadPlan {
  sizes: SizeChoice[];
  /** Text messages carry their stamp as text: see `probe.ts`. */
  text: boolean;
  /**
   * What fills the rest: bytes that do not compress, the same byte, or lines of a file in turn, whole: then a message is as long
   * as its line asks for, and `sizes` does not count.
   */
  fill: { kind: 'random' } | { kind: 'constant' } | { kind: 'lines'; lines: string[] };
  /** The text around the stamp, as `{"type":"message","data":"{{stamp}}","pad":"{{fill}}"}`. Makes messages text. */
  template: string | undefined;
}

export interface TlsPlan {
  /** Does not check the server's certificate. */
  insecure: boolean;
  /** PEM texts. */
  ca: string | undefined;
  cert: string | undefined;
  key: string | undefined;
}

/** How a client comes to the server. */
export interface ConnectPlan {
  /** Where clients connect to. */
  url: string;
  /** Where publishers connect to, if they are not clients of a hub of ours. */
  publishUrl: string;
  headers: Record<string, string>;
  origin: string | undefined;
  subprotocols: string[];
  tls: TlsPlan;
  compression: boolean;
  ratePerSecond: number;
  timeoutMs: number;
  /** Handshakes under way at once. */
  concurrency: number;
  /** Attempts for each client, with back-off between them. */
  attempts: number;
  /** Addresses that clients take in turn; empty: the system chooses. */
  sourceAddresses: string[];
  /** `sink`: raw sockets, as cheap as can be. `ws`: the `ws` client, which checks everything. */
  client: 'sink' | 'ws';
  /** `raw`, `socket.io`, or the absolute path of a module that exports an `Adapter` (see `adapter.ts`). */
  adapter: string;
}

/** What is a fault of correctness (exit code 5), not only a number in the result. */
export const Check = { ORDER: 'order', LOSS: 'loss', CONTENT: 'content' } as const;
export type Check = (typeof Check)[keyof typeof Check];

export interface LoadPlan {
  name: string;
  labels: Record<string, string>;
  mode: Mode;
  clients: number;
  /** Publishers of `broadcast`, `reconnect` and `churn`. In `echo` and `fan-in` every client publishes. */
  publishers: number;
  /** Load threads in each process, publishers' threads of a hub of ours not counted. */
  workers: number;
  processes: number;
  /** At least one. Their durations add up to `durationMs`; the warm-up goes at the first stage's starting rate. */
  stages: Stage[];
  payload: PayloadPlan;
  settleMs: number;
  warmupMs: number;
  durationMs: number;
  /** Ends when so many messages were published, if that is before `durationMs`. */
  maxMessages: number | undefined;
  /** How long is waited for what is still under way, when publishing has ended. */
  drainTimeoutMs: number;
  connect: ConnectPlan;
  slow: SlowGroup[];
  /** Clients per second that leave and are replaced. */
  churnPerSecond: number;
  /** A client whose connection is lost comes back. */
  reconnect: boolean;
  checks: Check[];
  /** As they were written: see `thresholds.ts`. */
  thresholds: string[];
  /** A threshold that fails so long ends the run; undefined: none does. */
  abortOnFailMs: number | undefined;
  /** Percentiles to print, such as 50 and 99.9. */
  percentiles: number[];
  seed: number;
}
