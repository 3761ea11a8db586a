/** Plans of payloads, for tests of what writes and reads them. */
import type { PayloadPlan } from '../../src/shared/load/plan';

export function payloadPlan(bytes: number, changes: Partial<PayloadPlan> = {}): PayloadPlan {
  return {
    sizes: [{ minBytes: bytes, maxBytes: bytes, weight: 1 }],
    text: false,
    fill: { kind: 'random' },
    template: undefined,
    ...changes,
  };
}
