/**
 * How many connections there is room for, from the process's descriptor limit: the arithmetic, and how it is told.
 *
 *     room = limit - in use - held for threads - reserve
 *
 * Pure: who asks the operating system is `workers/service/descriptors.ts`.
 */

/** Stands for a limit that there is not, or that cannot be known. */
export const NO_LIMIT = Number.MAX_SAFE_INTEGER;

/**
 * What a worker thread costs before it opens anything of its own. Measured 2026-11-24 as the growth of
 * `fs.statSync('/proc/self/fd').size` over ten `new Worker`: 4 each on Node 20.20, 5 each on 22.23 and 24.21.
 */
export const DESCRIPTORS_PER_THREAD = 5;
/** Threads to come may not hold back more than this share of what is free, or a small limit would leave no connection. */
const MOST_FOR_THREADS = 1 / 4;
/** Kept free for the rest of the program (files, name look-ups) and for peers that are being refused. */
const RESERVE_SHARE = 1 / 10;
const LEAST_RESERVE = 8;
const MOST_RESERVE = 256;
/** What of the reserve peers may take until they are refused; the rest is the program's. */
const REFUSALS_SHARE = 1 / 2;

/** What is known of the process's descriptors. */
export interface DescriptorUse {
  /** What the process may have open; `NO_LIMIT`: this system does not tell. */
  limit: number;
  /** Open for anything but peers. */
  inUse: number;
  /** Worker threads that are expected and not there yet. */
  threadsToCome: number;
}

export interface CapacityLimits {
  maxConnections: number;
  maxDescriptors: number;
}

/** The result, with what it was made of. All in descriptors, but for `connections`. */
export interface Capacity {
  /** The limit that counts: the process's, or `maxDescriptors` if that is lower. */
  limit: number;
  inUse: number;
  /** Held back for threads to come. */
  threads: number;
  reserve: number;
  /** How many connections may be open. */
  connections: number;
  /** How many accepted sockets there may be: open connections, handshakes, and peers that are being refused. */
  sockets: number;
}

export function capacityOf(use: DescriptorUse, limits: CapacityLimits): Capacity {
  const { maxConnections, maxDescriptors } = limits;
  if (use.limit === NO_LIMIT) {
    return {
      limit: NO_LIMIT,
      inUse: 0,
      threads: 0,
      reserve: 0,
      connections: maxConnections,
      sockets: NO_LIMIT,
    };
  }
  const limit = Math.min(use.limit, maxDescriptors);
  const { inUse } = use;
  const free = Math.max(0, limit - inUse);
  const threads = Math.min(use.threadsToCome * DESCRIPTORS_PER_THREAD, Math.floor(free * MOST_FOR_THREADS));
  const reserve = Math.min(MOST_RESERVE, Math.max(LEAST_RESERVE, Math.ceil(limit * RESERVE_SHARE)));
  const room = Math.max(0, free - threads - reserve);
  const sockets = room + Math.floor(reserve * REFUSALS_SHARE);
  return { limit, inUse, threads, reserve, connections: Math.min(room, maxConnections), sockets };
}

/** What descriptors alone would allow. */
function roomOf({ limit, inUse, threads, reserve }: Capacity): number {
  return Math.max(0, limit - inUse - threads - reserve);
}

/** The arithmetic in one line, for a person. */
export function describeCapacity(capacity: Capacity, limits: CapacityLimits): string {
  const { limit, inUse, threads, reserve, connections } = capacity;
  if (limit === NO_LIMIT) {
    const why = 'this system does not tell how many descriptors a process may open';
    return connections === NO_LIMIT
      ? `room for connections is not known: ${why}; set maxConnections`
      : `room for ${connections} connections by maxConnections: ${why}`;
  }
  const option = limit === limits.maxDescriptors ? ' by maxDescriptors' : '';
  const sum = `${limit} descriptors${option} - ${inUse} in use - ${threads} for threads - ${reserve} in reserve`;
  return connections < roomOf(capacity)
    ? `room for ${connections} connections by maxConnections (${sum} would leave ${roomOf(capacity)})`
    : `room for ${connections} connections: ${sum}`;
}

/** Node has raised the soft limit to the hard one already. */
const RAISE = 'raise the hard limit before the start (ulimit -Hn, or LimitNOFILE of systemd)';

/**
 * What of the options cannot be had. They lower a capacity and never raise it, so that one configuration serves machines with
 * different limits: what is too high is a warning, and does not count.
 *
 * @param processLimit what the process may have open
 */
export function capacityWarnings(capacity: Capacity, limits: CapacityLimits, processLimit: number): string[] {
  const { maxConnections, maxDescriptors } = limits;
  const { connections } = capacity;
  const warnings: string[] = [];
  if (processLimit === NO_LIMIT) return warnings;
  if (maxDescriptors !== NO_LIMIT && maxDescriptors > processLimit)
    warnings.push(
      `maxDescriptors is ${maxDescriptors}, but this process may open ${processLimit} descriptors, and that counts: ${RAISE}`,
    );
  if (connections === 0 && maxConnections > 0)
    warnings.push(`there is room for no connection, and every peer will get 503: ${RAISE}`);
  else if (maxConnections !== NO_LIMIT && connections < maxConnections)
    warnings.push(
      `maxConnections is ${maxConnections}, but there is room for ${connections} connections, and that counts: ${RAISE}`,
    );
  return warnings;
}
