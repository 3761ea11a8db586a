/** Who is whose: clients among threads and processes, slow ones among all clients. Pure. */
import type { Share } from './generator';
import { type LoadPlan, Mode, type SlowGroup } from './plan';

export interface Range {
  /** Included. */
  from: number;
  /** Not included. */
  to: number;
}

/** The `index`-th of so many parts of a range, as even as can be. */
export function partOf({ from, to }: Range, index: number, parts: number): Range {
  const size = to - from;
  return {
    from: from + Math.floor((size * index) / parts),
    to: from + Math.floor((size * (index + 1)) / parts),
  };
}

/** All clients and publishers of a test. A hub that publishes itself has its publishers apart. */
export function wholeShare(plan: LoadPlan, publishersConnect: boolean): Share {
  return {
    clients: { from: 0, to: plan.clients },
    publishers: { from: 0, to: publishersConnect ? plan.publishers : 0 },
  };
}

export function partOfShare({ clients, publishers }: Share, index: number, parts: number): Share {
  return { clients: partOf(clients, index, parts), publishers: partOf(publishers, index, parts) };
}

/** Whether every client sends, instead of publishers of their own. */
export function clientsPublish({ mode }: Pick<LoadPlan, 'mode'>): boolean {
  return mode === Mode.ECHO || mode === Mode.FAN_IN;
}

/** How many streams of messages there are. */
export function streamsOf(plan: Pick<LoadPlan, 'mode' | 'clients' | 'publishers'>): number {
  return clientsPublish(plan) ? plan.clients : plan.publishers;
}

/** Whose messages a share publishes, by stream. */
export function streamsOfShare(plan: Pick<LoadPlan, 'mode'>, { clients, publishers }: Share): Range {
  return clientsPublish(plan) ? clients : publishers;
}

/**
 * The slow group of a client, as an index, or -1. The slow ones are spread evenly over all clients, so that every thread and
 * every process has its part of them.
 */
export function slowGroupOf(slow: readonly SlowGroup[], clients: number, client: number): number {
  const all = slow.reduce((sum, group) => sum + group.clients, 0);
  let nth = Math.floor((client * all) / clients);
  if (Math.floor(((client + 1) * all) / clients) === nth) return -1;
  for (const [index, group] of slow.entries()) {
    if (nth < group.clients) return index;
    nth -= group.clients;
  }
  return -1;
}
