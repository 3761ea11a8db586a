/** Where a value stands in a configuration. Pure. */

export type KeyPath = readonly string[];

/** A key as people write it: `channels.ticks.slow`. */
export function nameOf(key: KeyPath): string {
  if (key.length === 0) return 'the file';
  return key.map((part) => (/^[\w*-]+$/.test(part) ? part : JSON.stringify(part))).join('.');
}

export function holds(content: unknown, key: KeyPath): boolean {
  let held = content;
  for (const part of key) {
    if (typeof held !== 'object' || held === null || !Object.hasOwn(held, part)) return false;
    held = (held as { [key: string]: unknown })[part];
  }
  return held !== undefined;
}
