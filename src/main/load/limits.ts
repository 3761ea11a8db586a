/** What the numbers of a load test may be: lowest and highest, in the unit that the option's name tells. */
export const LOAD_LIMITS = {
  /** More need more source addresses and hosts than one coordinator is good for. */
  clients: [1, 1_000_000],
  publishers: [1, 10_000],
  workers: [1, 256],
  processes: [1, 256],
  ratePerSecond: [0, 10_000_000],
  /** The lowest depends on the form of the stamp: see `payloadLimits`. The highest is what `ws` takes by default. */
  sizeBytes: [32, 100 * 1024 * 1024],
  /** Shorter than this no window means anything; a week is a soak. */
  durationMs: [10, 7 * 24 * 3_600_000],
  stages: [1, 1_000],
  warmupMs: [0, 3_600_000],
  settleMs: [0, 3_600_000],
  maxMessages: [1, Number.MAX_SAFE_INTEGER],
  drainTimeoutMs: [0, 3_600_000],
  connectRatePerSecond: [0.001, 1_000_000],
  connectTimeoutMs: [10, 3_600_000],
  connectConcurrency: [1, 20_000],
  connectAttempts: [1, 1_000],
  churnPerSecond: [0, 100_000],
  abortOnFailMs: [0, 3_600_000],
  percentile: [0.001, 99.9999999],
  seed: [0, 0xffff_ffff],
  readyTimeoutMs: [100, 3_600_000],
} as const satisfies Record<string, readonly [number, number]>;
export type LoadLimit = keyof typeof LOAD_LIMITS;

/** What options are that nobody gave. */
export const LOAD_DEFAULTS = {
  clients: 100,
  publishers: 1,
  ratePerSecond: 1_000,
  sizeBytes: 128,
  durationMs: 10_000,
  /** Share of the duration, and between these. */
  warmupShare: 0.2,
  warmupLowestMs: 500,
  warmupHighestMs: 5_000,
  settleMs: 250,
  drainTimeoutMs: 5_000,
  connectRatePerSecond: 1_000,
  connectTimeoutMs: 10_000,
  connectConcurrency: 200,
  connectAttempts: 3,
  churnPerSecond: 10,
  percentiles: [50, 90, 99, 99.9],
} as const;

/** Descriptors that a process of the generator needs for itself. */
export const DESCRIPTOR_RESERVE = 200;
/** So many connections an address of this host may have to one port of another, with the usual `ip_local_port_range`. */
export const CLIENTS_PER_ADDRESS = 20_000;
