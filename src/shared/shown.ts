/** How a value that is not what it should be stands in the text of an error. Never throws, whatever it is. */
import { inspect } from 'node:util';

/** Longer ones are cut: the text is for people. */
const MAX_SHOWN_LENGTH = 120;

export function shown(value: unknown): string {
  const simple = (typeof value !== 'object' || value === null) && typeof value !== 'function';
  const text = simple
    ? String(value)
    : inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY, maxStringLength: MAX_SHOWN_LENGTH });
  return text.length > MAX_SHOWN_LENGTH ? `${text.slice(0, MAX_SHOWN_LENGTH)}…` : text;
}
