/** What a bench came to: on standard output, and in files. */
import { writeFileSync } from 'node:fs';
import type { BenchValues } from './bench-flags';
import type { RoundResults } from './rounds';

export function checkOutputs(_files: readonly string[]): void {}

export function writeResults(all: readonly RoundResults[], { json, output }: BenchValues): void {
  const results = all.flatMap((round) => round.results);
  for (const file of output ?? []) writeFileSync(file, JSON.stringify(results[0]));
  if (!json) process.stdout.write(`${JSON.stringify(results[0]?.verdict)}\n`);
}
