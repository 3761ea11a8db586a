/** Finds the adapter that a plan names. */
import type { Adapter } from '../../../shared/load/adapter';

/** @returns undefined for `raw`: messages are bare payloads */
export async function loadAdapter(name: string): Promise<Adapter | undefined> {
  if (name === 'raw') return undefined;
  throw new TypeError(`adapter ${name}`);
}
