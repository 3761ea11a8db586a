/** Catches what a process prints when its standard streams lead nowhere. Thread: the main one. */

type Write = typeof process.stdout.write;

/**
 * Gives all that is printed on standard output and standard error from now on to `write` instead; what worker threads print too,
 * since it goes through the main thread's streams. (What Node's own core prints, such as the text of an uncaught
 * exception, does not.)
 */
export function redirectOutput(write: (text: string) => void): void {
  const replacement = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    write(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'));
    const done = rest.find((argument) => typeof argument === 'function') as (() => void) | undefined;
    if (done !== undefined) process.nextTick(done);
    return true;
  };
  for (const stream of [process.stdout, process.stderr]) stream.write = replacement as Write;
}
