/** A hub's statistics, read from shared memory: no thread is asked. Thread: any that has the handle. */
import { Board, ChannelCounter, HubCounter } from './board';
import { NO_LIMIT } from './capacity';
import type { ProducerHandle } from './producer';
import type { RejectionReason } from './rejections';
import { type LaneReport, LaneWord, RingMemory, reportLanes, sumLanes } from './ring';

/**
 * What happened to messages. `addressed`, `sent`, `skipped`, `conflated` and `abandoned` count connections: a message for
 * three connections counts three times.
 *
 *     addressed = sent + skipped + conflated + abandoned + pending
 */
export interface MessageStats {
  /** Messages that producers posted. For a channel: as far as the service has taken them from the ring. */
  posted: number;
  /** Posts that were answered `'full'`. */
  refused: number;
  addressed: number;
  sent: number;
  skipped: number;
  conflated: number;
  abandoned: number;
  /** Addressed, and nothing became of it yet. */
  pending: number;
  /** Connections closed for being too far behind. */
  disconnectedSlow: number;
}

export interface ChannelStats extends MessageStats {
  subscribers: number;
}

/** One attached producer. Its counts begin with its attachment. */
export interface ProducerStats {
  lane: number;
  /** The thread that attached it: for a process that posts through the private socket, the service thread. */
  threadId: number;
  /** A process that posts through the private socket: its id, as it told. Undefined: a thread of this process. */
  pid: number | undefined;
  /** Its thread has ended, or it was closed, and what it posted is not drained yet. */
  closing: boolean;
  posted: number;
  refused: number;
}

/** How many connections there is room for, from the descriptor limit. `null`: there is no limit, or it cannot be known. */
export interface CapacityStats {
  /** The descriptors that the process may have open, or `maxDescriptors` if that is lower. */
  limit: number | null;
  /** Descriptors open for anything but peers, when last looked. */
  inUse: number;
  /** Descriptors held back for producer threads to come. */
  threads: number;
  /** Descriptors held back for refusals and for the rest of the program. */
  reserve: number;
  /** Connections that may be open at once. */
  connections: number | null;
}

export interface HubStats extends MessageStats {
  /** Open connections. */
  connections: number;
  capacity: CapacityStats;
  /** Connections ever opened. */
  accepted: number;
  /** Peers that were not let in: the sum of `rejections`. */
  rejected: number;
  /** The same by reason. */
  rejections: Record<RejectionReason, number>;
  /** Handshakes that wait for `authorize` now. */
  pendingHandshakes: number;
  /** Addresses that connections come from now; of IPv6 a /64 is one. */
  addresses: number;
  /** Messages taken from the ring. */
  drained: number;
  /** Messages that peers sent, and their bytes. */
  received: number;
  receivedBytes: number;
  /** Connections closed because they sent more than a peer may: see `maxMessagesPerSecond` and its like. */
  disconnectedFlooding: number;
  /** Memory that the channels' logs hold. */
  logBytes: number;
  /** How often the service thread was started again after a fault. */
  serviceRestarts: number;
  /** Goes of the service loop. */
  turns: number;
  /** Wake-ups that were lost and found again by the safety net. Expected: 0. */
  safetyWakeUps: number;
  /** How often a producer's lane had to be skipped because its bytes made no sense. Expected: 0. */
  lanesFenced: number;
  producers: ProducerStats[];
  channels: { [name: string]: ChannelStats };
}

/**
 * Reads a hub's counters from any thread that has its handle, also while every other thread is busy.
 *
 * @example
 * const { posted, pending } = readStats(workerData.ringcast)
 */
export function readStats(handle: ProducerHandle): HubStats {
  return statsOf(new RingMemory(handle.ring), new Board(handle.board));
}

/** The same from views that exist already. @internal */
export function statsOf(ring: RingMemory, board: Board): HubStats {
  return board.snapshot((entries) => {
    // Outcomes before what they are outcomes of: so `pending` is never negative.
    const channels: HubStats['channels'] = Object.create(null);
    const hub = outcomes((counter) => board.foldedCounter(counter));
    for (const { channel, name } of entries) {
      const stats = outcomes((counter) => board.channelCounter(channel, counter));
      channels[name] = {
        ...stats,
        refused: board.refusals(channel),
        subscribers: board.subscribers(channel),
      };
      for (const key of SUMMED) hub[key] += stats[key];
    }
    const drained = sumLanes(ring, LaneWord.DRAINED);
    return {
      ...hub,
      drained,
      posted: Math.max(drained, sumLanes(ring, LaneWord.POSTED)),
      refused: sumLanes(ring, LaneWord.REFUSED),
      connections: board.hubCounter(HubCounter.CONNECTIONS),
      capacity: capacityStats(board),
      accepted: board.hubCounter(HubCounter.ACCEPTED),
      ...rejectionStats(board),
      pendingHandshakes: board.hubCounter(HubCounter.PENDING_HANDSHAKES),
      addresses: board.hubCounter(HubCounter.ADDRESSES),
      received: board.hubCounter(HubCounter.RECEIVED),
      receivedBytes: board.hubCounter(HubCounter.RECEIVED_BYTES),
      disconnectedFlooding: board.hubCounter(HubCounter.DISCONNECTED_FLOODING),
      logBytes: board.hubCounter(HubCounter.LOG_BYTES),
      serviceRestarts: board.hubCounter(HubCounter.SERVICE_RESTARTS),
      turns: board.hubCounter(HubCounter.TURNS),
      safetyWakeUps: board.hubCounter(HubCounter.SAFETY_WAKE_UPS),
      lanesFenced: board.hubCounter(HubCounter.LANES_FENCED),
      producers: reportLanes(ring) satisfies LaneReport[],
      channels,
    };
  });
}

function rejectionStats({ rejections }: Board): Pick<HubStats, 'rejected' | 'rejections'> {
  return { rejections, rejected: Object.values(rejections).reduce((sum, count) => sum + count, 0) };
}

function capacityStats(board: Board): CapacityStats {
  const { limit, inUse, threads, reserve, connections } = board.capacity;
  const known = (value: number) => (value === NO_LIMIT ? null : value);
  return { limit: known(limit), inUse, threads, reserve, connections: known(connections) };
}

const SUMMED = [
  'addressed',
  'sent',
  'skipped',
  'conflated',
  'abandoned',
  'pending',
  'disconnectedSlow',
] as const;

function outcomes(read: (counter: ChannelCounter) => number): MessageStats {
  const sent = read(ChannelCounter.SENT);
  const skipped = read(ChannelCounter.SKIPPED);
  const conflated = read(ChannelCounter.CONFLATED);
  const abandoned = read(ChannelCounter.ABANDONED);
  const disconnectedSlow = read(ChannelCounter.DISCONNECTED_SLOW);
  const addressed = read(ChannelCounter.ADDRESSED);
  return {
    posted: read(ChannelCounter.POSTED),
    refused: 0,
    addressed,
    sent,
    skipped,
    conflated,
    abandoned,
    pending: addressed - sent - skipped - conflated - abandoned,
    disconnectedSlow,
  };
}
