/** Tests of what not every machine has. Where they cannot run they are skipped, and their title says why. */
import { FAKETIME } from './faketime';

type Register = (title: string, run: () => unknown, timeoutMs?: number) => void;

function when(holds: boolean, why: string, run: Register, skip: Register): Register {
  return (title, body, timeoutMs) =>
    holds ? run(title, body, timeoutMs) : skip(`${title} (skipped: needs ${why})`, body, timeoutMs);
}

const isLinux = process.platform === 'linux';

export const testOnLinux = when(isLinux, 'Linux', test as Register, test.skip as Register);
export const describeOnLinux = when(isLinux, 'Linux', describe as Register, describe.skip as Register);
export const testAsRoot = when(process.getuid?.() === 0, 'root', test as Register, test.skip as Register);

export const testWithFaketime = when(
  FAKETIME !== undefined,
  'libfaketime',
  test as Register,
  test.skip as Register,
);
