/** Who does which part of a plan, where several generators make the load together. */
import type { Share } from '../../../shared/load/generator';

/** @returns `parts` shares that together are `whole`, and differ by one client and one publisher at most */
export function divideShare(whole: Share, parts: number): Share[] {
  const clients = divide(whole.clients, parts);
  const publishers = divide(whole.publishers, parts);
  return clients.map((range, part) => ({ clients: range, publishers: publishers[part]! }));
}

/** How many connections a share is. */
export function sizeOf({ clients, publishers }: Share): number {
  return clients.to - clients.from + (publishers.to - publishers.from);
}

function divide({ from, to }: Share['clients'], parts: number): Share['clients'][] {
  const borderAt = (part: number): number => from + Math.floor(((to - from) * part) / parts);
  return Array.from({ length: parts }, (_, part) => ({ from: borderAt(part), to: borderAt(part + 1) }));
}
