/** Which percentiles a number of samples can tell. */

/** So many samples must lie above a percentile, or it says more of luck than of the server. */
export const SAMPLES_ABOVE = 10;

/** Whether so many samples tell this percentile. */
export function enoughSamples(count: number, percentile: number): boolean {
  // The small term: 100 − 99.9 is a little less than 0.1 in binary.
  return (count * (100 - percentile)) / 100 + 1e-9 * count >= SAMPLES_ABOVE;
}
