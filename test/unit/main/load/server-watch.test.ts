import { LEAST_CLIENTS_FOR_MEMORY, ServerWatch } from '../../../../src/main/load/server-watch';
import type { ServerSample } from '../../../../src/shared/load/target';

const MiB = 2 ** 20;

function watchOf(samples: (ServerSample | null)[]): ServerWatch {
  return new ServerWatch({ pid: 7, sample: () => samples.shift() ?? null });
}

const sample = (seconds: number, cpuMs: number, mib: number): ServerSample => ({
  atNs: seconds * 1e9,
  cpuMs,
  rssBytes: mib * MiB,
});

test('CPU is that of the measure window, memory the highest of it, and that of a client what it grew while they came', () => {
  const watch = watchOf([
    sample(0, 100, 50),
    sample(1, 300, 60),
    sample(2, 400, 61),
    sample(3, 900, 80),
    sample(4, 1_400, 70),
  ]);
  watch.started();
  watch.idle();
  watch.begin();
  expect(watch.sinceLast()).toEqual({ cpu: 0.5, rssBytes: 80 * MiB });
  watch.end();
  expect(watch.result(2_048, 10_000)).toEqual({
    pid: 7,
    cpu: 0.5,
    rssBytes: 80 * MiB,
    rssIdleBytes: 60 * MiB,
    rssPerClientBytes: 5 * 1024,
    cpuUsPerDelivery: 100,
  });
});

test.each([
  ['few clients', [50, 60], LEAST_CLIENTS_FOR_MEMORY - 1],
  ['a process that became smaller', [60, 50], LEAST_CLIENTS_FOR_MEMORY],
])('%s say nothing of the memory of each', (_what, [bare, idle], clients) => {
  const watch = watchOf([sample(0, 0, bare!), sample(1, 0, idle!), sample(2, 0, 60), sample(3, 0, 60)]);
  watch.started();
  watch.idle();
  watch.begin();
  watch.end();
  expect(watch.result(clients, 0)).toMatchObject({ rssPerClientBytes: null, cpuUsPerDelivery: null });
});

test('of a server that nobody can look at nothing is known', () => {
  const watch = watchOf([]);
  watch.begin();
  expect(watch.sinceLast()).toEqual({ cpu: null, rssBytes: null });
  watch.end();
  expect(watch.result(1_000, 1_000)).toBeNull();
});
