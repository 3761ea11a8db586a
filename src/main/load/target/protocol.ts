/**
 * What goes between the coordinator and the process of a server under test. Every order is answered once, with the same id.
 * Node's advanced serialization carries it.
 */
import { Histogram, type SparseHistogram } from '../../../shared/histogram';
import type { Share, Timetable } from '../../../shared/load/generator';
import type { LoadPlan } from '../../../shared/load/plan';
import type { GeneratorSnapshot } from '../../../shared/load/snapshot';
import type { Published } from '../../../shared/load/stream-checker';
import type { SinkReport, TargetReport } from '../../../shared/load/target';
import type { ServerName } from './running-server';

/** What can be asked of the process, with what it answers. */
export interface ServerOrders {
  start: { ask: { name: ServerName; plan: LoadPlan }; answer: { url: string; publishing: boolean } };
  prepare: { ask: { plan: LoadPlan; publishers: Share['publishers'] }; answer: { threads: number[] } };
  begin: { ask: { timetable: Timetable }; answer: undefined };
  stopPublishing: { ask: undefined; answer: undefined };
  snapshot: { ask: undefined; answer: Packed<GeneratorSnapshot> };
  report: { ask: { published: Published | undefined }; answer: Packed<ServerReport> };
  stop: { ask: undefined; answer: undefined };
}
export type ServerOrderName = keyof ServerOrders;

export interface ServerReport {
  hub?: TargetReport;
  sink?: SinkReport;
}

export type Order = {
  [N in ServerOrderName]: { id: number; name: N; ask: ServerOrders[N]['ask'] };
}[ServerOrderName];

export type Answer =
  | { id: number; answer: unknown }
  | { id: number; failed: { name: string; message: string; code?: string; remedy?: string } };

/** A value whose histograms were made plain data: only `unpack` knows what is inside. */
export interface Packed<T> {
  readonly packed: unknown;
  /** Never there: it keeps apart what is packed from what else is. */
  readonly of?: T;
}

interface PackedHistogram {
  packedHistogram: SparseHistogram;
}

export function pack<T>(value: T): Packed<T> {
  const replace = (object: object) =>
    object instanceof Histogram ? { packedHistogram: object.toSparse() } : undefined;
  return { packed: convert(value, replace) };
}

export function unpack<T>({ packed }: Packed<T>): T {
  const replace = (object: object) =>
    'packedHistogram' in object
      ? Histogram.fromSparse((object as PackedHistogram).packedHistogram)
      : undefined;
  return convert(packed, replace) as T;
}

function convert(value: unknown, replace: (object: object) => object | undefined): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const replaced = replace(value);
  if (replaced !== undefined) return replaced;
  if (Array.isArray(value)) return value.map((item) => convert(item, replace));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, convert(item, replace)]));
}
