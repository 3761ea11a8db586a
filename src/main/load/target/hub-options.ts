/** The options of a hub under test: the defaults, but where a test would run into them. Pure. `docs/bench-targets.md` says why. */
import type { LoadPlan } from '../../../shared/load/plan';
import { TEXT_STAMP_BYTES } from '../../../shared/load/probe';
import type { ChannelOptions, HubOptions } from '../../../shared/options';
import { MAX_PUBLISHER_THREADS } from './publishers';

const KiB = 1024;
const MiB = 1024 * KiB;
const DEFAULT_LANE_BYTES = MiB;
const MOST_LANE_BYTES = 512 * MiB;
/** The service thread's own, and that of a handler. */
const OTHER_PRODUCERS = 2;
/** A lane holds so many of the longest messages: less than half of it is one message's limit. */
const MESSAGES_IN_A_LANE = 4;
const DEFAULT_MESSAGE_BYTES = 64 * KiB;
/** What an adapter or a template may put around a payload. */
const ENVELOPE_BYTES = 4 * KiB;

/** The channel that clients are on. */
export const CHANNEL = 'bench';

export function hubOptions(plan: LoadPlan | undefined): HubOptions {
  const payloadBytes = largestPayload(plan);
  return {
    channels: { '*': channelOptions(plan) },
    origins: 'any', // a load test may send what it likes

    ring: { laneBytes: laneBytesFor(payloadBytes), maxProducers: producersFor(plan) },
    maxMessageBytes: Math.max(DEFAULT_MESSAGE_BYTES, payloadBytes + ENVELOPE_BYTES),
  };
}

/** A hub keeps descriptors back for every producer that may still come: clients are to have them. */
function producersFor(plan: LoadPlan | undefined): number {
  const threads = Math.min(MAX_PUBLISHER_THREADS, plan?.publishers ?? MAX_PUBLISHER_THREADS);
  return threads + OTHER_PRODUCERS;
}

/**
 * Where every client behaves nothing is to be lost: a hub that is behind refuses at the ring, which is counted. Where some
 * are slow on purpose the channel keeps its default, which cuts them and spares the others.
 */
export function channelOptions(plan: LoadPlan | undefined): ChannelOptions {
  return plan === undefined || plan.slow.length > 0 ? {} : { slow: 'wait' };
}

/** A power of two that has room for a few messages of the largest size. */
export function laneBytesFor(payloadBytes: number): number {
  const wanted = 2 ** Math.ceil(Math.log2((payloadBytes + KiB) * MESSAGES_IN_A_LANE));
  return Math.min(MOST_LANE_BYTES, Math.max(DEFAULT_LANE_BYTES, wanted));
}

/** At most: lines of a file stand in the template instead of a size. */
function largestPayload(plan: LoadPlan | undefined): number {
  if (plan === undefined) return 0;
  const { sizes, fill, template = '' } = plan.payload;
  const lines = fill.kind === 'lines' ? fill.lines : [];
  const longestLine = lines.reduce((most, line) => Math.max(most, Buffer.byteLength(line)), 0);
  const around = Buffer.byteLength(template) + TEXT_STAMP_BYTES;
  return Math.max(longestLine + around, ...sizes.map(({ maxBytes }) => maxBytes));
}
