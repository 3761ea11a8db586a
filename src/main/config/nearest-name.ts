/** "Did you mean …?" Pure. */

/** So many slips of the pen, and the word is another one. */
const MOST_SLIPS = 3;
/** … or this part of the word. */
const MOST_SLIPS_SHARE = 0.4;

/** @returns the known name that `typed` is most likely meant to be, if any is near */
export function nearestName(typed: string, known: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let fewest = Math.min(MOST_SLIPS, Math.floor(typed.length * MOST_SLIPS_SHARE)) + 1;
  for (const name of known) {
    const slips = slipsBetween(typed.toLowerCase(), name.toLowerCase());
    if (slips >= fewest) continue;
    fewest = slips;
    nearest = name;
  }
  return nearest;
}

/** Letters left out, added, changed, or swapped with their neighbour (optimal string alignment). */
function slipsBetween(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let row = 1; row <= one.length; row++) {
    const here = [row];
    for (let column = 1; column <= other.length; column++) {
      const changed = one[row - 1] === other[column - 1] ? 0 : 1;
      here[column] = Math.min(last[column] + 1, here[column - 1] + 1, last[column - 1] + changed);
      const swapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      if (row > 1 && swapped) here[column] = Math.min(here[column], beforeLast[column - 2] + 1);
    }
    [beforeLast, last] = [last, here];
  }
  return last[other.length];
}
