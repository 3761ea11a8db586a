import { cpuLimit, environment, memoryLimit } from '../../../../src/main/load/env';

const files = (content: Record<string, string>) => (file: string) => content[file];

describe('the environment of a test', () => {
  it('tells what this machine is, and of what it does not know nothing', () => {
    const env = environment(() => undefined);
    expect(env).toMatchObject({
      ringcast: 'unknown',
      node: process.version,
      governor: null,
      somaxconn: null,
    });
    expect(env.cores).toBeGreaterThan(0);
  });

  it('reads its own version', () => {
    expect(environment().ringcast).toMatch(/^\d+\.\d+\.\d+/);
  });

  it('reads limits of a container, whichever version its control group has', () => {
    expect(cpuLimit(files({ '/sys/fs/cgroup/cpu.max': '150000 100000\n' }))).toBe(1.5);
    expect(cpuLimit(files({ '/sys/fs/cgroup/cpu.max': 'max 100000\n' }))).toBeNull();
    const old = {
      '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '200000\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
    };
    expect(cpuLimit(files(old))).toBe(2);
    expect(cpuLimit(files({ ...old, '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n' }))).toBeNull();
    expect(cpuLimit(files({}))).toBeNull();
    expect(memoryLimit(files({ '/sys/fs/cgroup/memory.max': '1073741824\n' }))).toBe(2 ** 30);
    expect(memoryLimit(files({ '/sys/fs/cgroup/memory.max': 'max\n' }))).toBeNull();
    const none = '9223372036854771712\n';
    expect(memoryLimit(files({ '/sys/fs/cgroup/memory/memory.limit_in_bytes': none }))).toBeNull();
  });
});
