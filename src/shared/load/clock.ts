/** The monotonic clock of this host, the same for all its threads and processes, as a double of nanoseconds. */
export function monotonicNs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e9 + nanoseconds;
}
