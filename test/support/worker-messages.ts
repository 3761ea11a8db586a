/**
 * jest gives tests a copy of `process`, and node tells the real one of messages between threads. A hub in the test's own
 * thread has to hear of them: so they are passed on.
 */
const real = (Buffer.constructor as FunctionConstructor)('return process')() as NodeJS.Process;

if (real !== process) {
  const passOn = (...message: unknown[]): boolean =>
    process.emit('workerMessage' as never, ...(message as never[]));
  real.on('workerMessage' as never, passOn as never);
  afterAll(() => real.off('workerMessage' as never, passOn as never));
}
