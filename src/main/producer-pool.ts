/** Pools of producer threads, by piscina. Thread: the application's. */
import type { Piscina } from 'piscina';
import type { ProducerHandle } from '../shared/producer';

export type ProducerPoolOptions = ConstructorParameters<typeof Piscina>[0];

/** Loaded when first used: a hub without pools does not need it. */
export function createPool(handle: ProducerHandle, options: ProducerPoolOptions): Piscina {
  const workerData: unknown = options?.workerData ?? {};
  if (typeof workerData !== 'object' || workerData === null || Array.isArray(workerData)) {
    throw new TypeError(
      'workerData of a producer pool must be an object: the handle goes into it as workerData.ringcast',
    );
  }
  const { Piscina: Pool } = require('piscina') as typeof import('piscina');
  return new Pool({ ...options, workerData: { ...workerData, ringcast: handle } });
}
