/**
 * Gates: one word a channel, by which the service makes posts to that channel alone answer `'full'`. Bit i belongs to
 * service thread i. What lies in the lanes already is not held back by it.
 *
 * Thread: the service thread whose slot it is.
 */
import type { RingMemory } from './layout';
import { wakeAllWaiting } from './room';

export function closeGate(ring: RingMemory, gate: number, slot: number): void {
  Atomics.or(ring.words, ring.gateWord(gate), 1 << slot); // [model: gate.shut]
}

/** Opens what a dead owner of the slot left closed. The caller wakes whoever waits. */
export function openEveryGate(ring: RingMemory, slot: number): void {
  // [model: gate.open]
  for (let gate = 0; gate < ring.gateCount; gate++)
    Atomics.and(ring.words, ring.gateWord(gate), ~(1 << slot));
}

/** Opens the gate for our part, and wakes whoever waits: some may wait for this gate. */
export function openGate(ring: RingMemory, gate: number, slot: number): void {
  Atomics.and(ring.words, ring.gateWord(gate), ~(1 << slot)); // [model: gate.open]
  wakeAllWaiting(ring); // [model: gate.wake]
}
