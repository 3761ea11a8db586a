/** Which monotonic clock this process has: two that have the same one need not compare their clocks. */
import { readFileSync, readlinkSync } from 'node:fs';

/**
 * @returns the same text for all processes of one boot of one kernel, containers too, but for those in a time namespace of
 * their own. Undefined where it is not known: elsewhere than on Linux
 */
export function clockIdentity(): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/time')}`;
  } catch {
    return undefined;
  }
}
