/** Whether two sets of runs differ by more than chance. Pure. */

/** Up to so many values in all every arrangement is counted; beyond, the normal distribution is close. */
const EXACT_UP_TO = 50;

/**
 * The two-sided Mann–Whitney U test (Wilcoxon's rank sum): how likely values that come from one and the same source lie at least
 * so far apart. It asks only which of two values is greater, so one wild run spoils nothing; equal values share their ranks.
 *
 * @returns 0 to 1; 1 where nothing can be told
 */
export function mannWhitney(one: readonly number[], other: readonly number[]): number {
  if (one.length === 0 || other.length === 0) return 1;
  const all = [...one, ...other];
  const ranks = doubledRanks(all);
  const sum = ranks.slice(0, one.length).reduce((a, b) => a + b, 0);
  return all.length <= EXACT_UP_TO ? exact(ranks, one.length, sum) : normal(ranks, one.length, sum);
}

/** The least that the test can answer for so many runs: above the level, no difference however large is told from chance. */
export function leastPossible(one: number, other: number): number {
  let arrangements = 1;
  for (let i = 1; i <= one; i++) arrangements = (arrangements * (other + i)) / i;
  return Math.min(1, 2 / arrangements);
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Ranks from 1, doubled so that shared ones are whole numbers. */
function doubledRanks(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return 2 * below + equal + 1;
  });
}

/** Counts the choices of so many of the ranks whose sum lies as far from the middle, or farther. */
function exact(ranks: readonly number[], chosen: number, sum: number): number {
  const most = ranks.reduce((a, b) => a + b, 0);
  const ways = Array.from({ length: chosen + 1 }, () => new Float64Array(most + 1));
  ways[0]![0] = 1;
  for (const rank of ranks) {
    for (let taken = chosen; taken >= 1; taken--) {
      const [to, from] = [ways[taken]!, ways[taken - 1]!];
      for (let total = most; total >= rank; total--) to[total]! += from[total - rank]!;
    }
  }
  const middle = (most * chosen) / ranks.length;
  const far = Math.abs(sum - middle) - 1e-9;
  let [extreme, every] = [0, 0];
  ways[chosen]!.forEach((count, total) => {
    every += count;
    if (Math.abs(total - middle) >= far) extreme += count;
  });
  return extreme / every;
}

function normal(ranks: readonly number[], chosen: number, sum: number): number {
  const count = ranks.length;
  const mean = ranks.reduce((a, b) => a + b, 0) / count;
  const spread = ranks.reduce((total, rank) => total + (rank - mean) ** 2, 0) / (count - 1);
  const variance = (chosen * (count - chosen) * spread) / count;
  if (variance === 0) return 1;
  // One less: the correction for whole numbers, of doubled ranks.
  const distance = Math.max(0, Math.abs(sum - mean * chosen) - 1) / Math.sqrt(variance);
  return Math.min(1, complementaryError(distance / Math.SQRT2));
}

/** Abramowitz and Stegun 7.1.26: right to 1.5e-7. */
function complementaryError(x: number): number {
  const t = 1 / (1 + 0.3275911 * x);
  const series = 0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)));
  return t * series * Math.exp(-x * x);
}
