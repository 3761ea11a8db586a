/** When a connection is too far behind, and what to say of it. Answers only: whoever asks does the rest. */
import type { ChannelPolicy } from '../../../shared/options';

/** A limit that was passed, in words for a close reason. */
export type Excess = string;

/** Whether any of the figures is past `fraction` of its limit. */
export function isFarBehind(
  policy: ChannelPolicy,
  fraction: number,
  bytes: number,
  messages: number,
  ms: number,
): boolean {
  return (
    bytes > policy.maxLagBytes * fraction ||
    messages > policy.maxLagMessages * fraction ||
    ms > policy.maxLagMs * fraction
  );
}

/** @returns which limit was passed, if any was */
export function exceeds(
  policy: ChannelPolicy,
  fraction: number,
  bytes: number,
  messages: number,
  ms: number,
): Excess | undefined {
  if (!isFarBehind(policy, fraction, bytes, messages, ms)) return undefined;
  if (bytes > policy.maxLagBytes * fraction) return `${bytes} bytes behind, limit ${policy.maxLagBytes}`;
  if (messages > policy.maxLagMessages * fraction)
    return `${messages} messages behind, limit ${policy.maxLagMessages}`;
  return `${Math.round(ms)} ms behind, limit ${policy.maxLagMs}`;
}
