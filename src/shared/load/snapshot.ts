/**
 * What a generator tells of itself, at any time: counters and histograms since the test began, never differences, so that
 * one that is late or missing spoils nothing.
 */
import type { Histogram } from '../histogram';

/**
 * Counters of a generator. Each is a sum since the test began, but for `connected` and `connecting`, which are what is so now.
 * All count; those that say so count only the measure window, which a message belongs to by its *intended* time.
 */
export const LOAD_COUNTERS = [
  'connecting',
  'connected',
  /** Handshakes that led to an open connection, and clients given up after all their attempts. */
  'opened',
  'connectFailed',
  /** Attempts beyond the first. */
  'connectRetried',
  /** Connections that ended without our doing. */
  'lostConnections',
  /** Connections that we ended, as the plan says. */
  'left',
  /** Times that the schedule has reached, whether a message went or not. */
  'scheduled',
  'published',
  'publishedBytes',
  /** Published, of the measure window. */
  'publishedMeasured',
  /** Posts that a hub of ours refused since its ring, or a channel's gate, was full. */
  'refused',
  /** Times of the schedule at which nothing could be sent: the connection was gone, or its socket full. */
  'unsent',
  /** Messages with a stamp, whole and right. */
  'received',
  'receivedBytes',
  'receivedMeasured',
  /** Of them, by peers of slow groups. */
  'receivedSlow',
  /** What should have come by now: known exactly once the run has ended. */
  'expected',
  'lost',
  /** Of them, by peers of slow groups. */
  'lostSlow',
  /** Of them, those that went while their client had no connection, and what slow clients had not read yet: excused. */
  'lostDisconnected',
  'duplicated',
  'reordered',
  'corrupt',
  /** Messages without a stamp. */
  'foreign',
  /** Bytes that went over the sockets, frames' heads included. */
  'wireBytes',
  'pingsAnswered',
  /** Latencies that came out negative, which only clocks that disagree can do. They are in no histogram. */
  'negative',
] as const;
/** Of them, what a hub counts whose own threads publish. */
export const PUBLISHING_COUNTERS = [
  'scheduled',
  'published',
  'publishedBytes',
  'publishedMeasured',
  'refused',
  'unsent',
] as const satisfies readonly (typeof LOAD_COUNTERS)[number][];
export type LoadCounter = (typeof LOAD_COUNTERS)[number];
export type LoadCounters = Record<LoadCounter, number>;

/** Histograms of a generator, nanoseconds. Those of messages hold only the measure window. */
export const LOAD_HISTOGRAMS = [
  /** Intended → sent. */
  'scheduleLag',
  /** Sent → received. */
  'delivery',
  /** Intended → received: the headline. */
  'response',
  /** The same for peers of slow groups, which the three above leave out. */
  'deliverySlow',
  'responseSlow',
  /** First attempt → open, over all attempts of a client; its parts are of the attempt that succeeded. */
  'connect',
  'connectTcp',
  'connectTls',
  'connectUpgrade',
] as const;
export type LoadHistogram = (typeof LOAD_HISTOGRAMS)[number];
export type LoadHistograms = Record<LoadHistogram, Histogram>;

/** How one thread of the generator did since the test began. */
export interface ThreadLoad {
  name: string;
  /** Share of the time that its event loop was busy, 0 to 1, since the last snapshot. */
  utilization: number;
  /** How late its event loop was, of the measure window. */
  delayP99Ms: number;
  delayMaxMs: number;
  gcMs: number;
}

export interface LoadError {
  phase: 'connect' | 'publish' | 'receive' | 'close' | 'generator';
  /** Such as `ECONNREFUSED`, `HTTP 503`, `close 1013`. */
  code: string;
  count: number;
  /** The text of the first one. */
  sample: string;
}

/** The peers of one slow group. */
export interface SlowSnapshot {
  received: number;
  lost: number;
  /** Connections that ended without our doing. */
  disconnected: number;
  /** Of the measure window. */
  response: Histogram;
}

export interface GeneratorSnapshot {
  /** Which generator: `local`, `process 2`, `10.0.0.7:7070`. */
  generator: string;
  /** On the reference clock, nanoseconds. */
  atNs: number;
  counters: LoadCounters;
  histograms: LoadHistograms;
  /** By stream, which is a publisher's number: how many messages went. Sparse where clients publish. */
  published: Record<number, number>;
  threads: ThreadLoad[];
  /** CPU time of the generator's process since the test began. */
  cpuMs: number;
  rssBytes: number;
  errors: LoadError[];
  /** By index into `plan.slow`. */
  slow: SlowSnapshot[];
  /** The first fault of each kind that messages had, as sentences. */
  samples: string[];
}
