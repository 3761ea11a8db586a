import { diagnose, type WantedLoad } from '../../../../src/main/load/doctor';
import { readSystem, type SystemReadings } from '../../../../src/main/load/system-readings';

const GOOD: SystemReadings = {
  node: '22.1.0',
  descriptors: { soft: 1_024, hard: 100_000 },
  portRange: [32_768, 60_999],
  somaxconn: 4_096,
  synBacklog: 4_096,
  conntrack: null,
  memoryBytes: 16 * 2 ** 30,
  memoryLimitedBy: 'machine',
  cores: 4,
  cpuLimit: null,
  governor: 'performance',
  clockSource: 'tsc',
  clockSources: ['tsc', 'hpet'],
  clockReadNs: 25,
  busy: 0.1,
  steal: 0,
};
const WANTED: WantedLoad = { clients: 10_000, server: 'ours', sourceAddresses: 1, concurrency: 200 };

const troubles = (readings: Partial<SystemReadings>, wanted: Partial<WantedLoad> = {}) =>
  diagnose({ ...GOOD, ...readings }, { ...WANTED, ...wanted })
    .filter(({ status }) => status !== 'ok')
    .map(
      ({ name, status, message, repair }) => `${status} ${name}: ${message}${repair ? ` → ${repair}` : ''}`,
    );

test('a good machine has no troubles', () => {
  expect(troubles({})).toEqual([]);
});

test.each<[string, Partial<SystemReadings>, Partial<WantedLoad>, string]>([
  [
    'an old Node',
    { node: '20.18.3' },
    {},
    'fail node: Node 20.18.3 is too old: ringcast needs 20.19 or newer → nvm install 20',
  ],
  [
    'a server of ours with few descriptors',
    { descriptors: { soft: 1_024, hard: 4_096 } },
    {},
    'fail descriptors: a process may open 4096 (soft limit 1024, which Node raises): a server that the test starts has room for about 3896 of 10000 clients → sudo prlimit --pid $$ --nofile=10200:10200',
  ],
  [
    'few local ports',
    { portRange: [60_000, 60_999] },
    { server: 'elsewhere', sourceAddresses: 2 },
    'fail ports: 1000 local ports (60000 to 60999) × 2 source addresses: room for 2000 of 10000 connections to one server → sudo sysctl -w net.ipv4.ip_local_port_range="1024 65535"    (or more addresses: --source-ip)',
  ],
  [
    'a short queue',
    { somaxconn: 128 },
    {},
    'warn somaxconn: 128 is less than the 200 handshakes that are under way at once: some will be tried again after a second → sudo sysctl -w net.core.somaxconn=4096',
  ],
  [
    'a full table of connections',
    { conntrack: { count: 60_000, max: 65_536 } },
    {},
    'fail conntrack: 60000 of 65536 connections are tracked: room for 5536 of 10000, and the kernel drops the rest without a word → sudo sysctl -w net.netfilter.nf_conntrack_max=80000',
  ],
  [
    'little memory',
    { memoryBytes: 300 * 2 ** 20, memoryLimitedBy: 'container' },
    {},
    'fail memory: 300 MiB the container has left, about 602 MiB are needed → give the container more memory, or use fewer clients',
  ],
  [
    'half a core',
    { cpuLimit: 0.5 },
    {},
    "warn cores: 0.5 cores of 4, by the container's limit, for the load and the server: each will delay the other → use two or more",
  ],
  [
    'a lazy governor',
    { governor: 'powersave' },
    {},
    "warn governor: 'powersave' lets idle cores slow down: a low rate shows higher latencies than a high one → sudo cpupower frequency-set -g performance",
  ],
  [
    'a slow clock',
    { clockSource: 'hpet', clockReadNs: 1_200.4 },
    {},
    'warn clock: hpet is read through the kernel, 1200 ns a read: every message costs some → echo tsc | sudo tee /sys/devices/system/clocksource/clocksource0/current_clocksource',
  ],
  [
    'neighbours',
    { steal: 0.05 },
    {},
    "warn quiet: 10 % of the cores' time is in use, 5 % taken by other machines of this host: figures will tell of that, too → end what else runs, or repeat: --repeat 5",
  ],
])('%s: the number, the limit and what repairs it', (_what, readings, wanted, expected) => {
  expect(troubles(readings, wanted)).toEqual([expected]);
});

test('limits of this machine that are the server’s matter only if the server is here', () => {
  const elsewhere = { server: 'elsewhere' } as const;
  expect(troubles({ somaxconn: 1, synBacklog: 1, cores: 1 }, elsewhere)).toEqual([]);
  expect(troubles({ descriptors: { soft: 1_024, hard: 4_096 } }, elsewhere)).toEqual([]);
});

test('what the system does not tell is unknown, not fine', () => {
  const silent = {
    descriptors: null,
    portRange: null,
    somaxconn: null,
    synBacklog: null,
    clockSource: null,
    busy: null,
  };
  const unknown = diagnose({ ...GOOD, ...silent }, WANTED).filter(({ status }) => status === 'unknown');
  expect(unknown.map(({ name, value }) => [name, value])).toEqual(
    ['descriptors', 'ports', 'somaxconn', 'syn backlog', 'clock', 'quiet'].map((name) => [name, null]),
  );
});

describe('what is read of the system', () => {
  /** A machine in files. */
  const machine = (files: Record<string, string>) => readSystem(0, (file) => files[file]);

  test('limits, ports, queues and clocks of Linux', async () => {
    const readings = await machine({
      '/proc/self/limits': 'Max open files            1024                 1048576              files     \n',
      '/proc/sys/net/ipv4/ip_local_port_range': '32768\t60999\n',
      '/proc/sys/net/core/somaxconn': '4096\n',
      '/proc/sys/net/netfilter/nf_conntrack_count': '12\n',
      '/proc/sys/net/netfilter/nf_conntrack_max': '262144\n',
      '/proc/meminfo': 'MemTotal: 100 kB\nMemAvailable:    2048 kB\n',
      '/sys/devices/system/clocksource/clocksource0/available_clocksource': 'tsc hpet \n',
    });
    expect(readings).toMatchObject({
      descriptors: { soft: 1_024, hard: 1_048_576 },
      portRange: [32_768, 60_999],
      somaxconn: 4_096,
      synBacklog: null,
      conntrack: { count: 12, max: 262_144 },
      memoryBytes: 2 ** 21,
      memoryLimitedBy: 'machine',
      clockSources: ['tsc', 'hpet'],
      governor: null,
    });
  });

  test('the lowest limit of all control groups above it, less what is used and cannot be given back', async () => {
    const readings = await machine({
      '/proc/self/cgroup': '0::/app.slice/bench.service\n',
      '/sys/fs/cgroup/app.slice/bench.service/memory.max': 'max\n',
      '/sys/fs/cgroup/app.slice/memory.max': '1000000\n',
      '/sys/fs/cgroup/app.slice/memory.current': '700000\n',
      '/sys/fs/cgroup/app.slice/memory.stat': 'anon 1\ninactive_file 200000\n',
      '/sys/fs/cgroup/app.slice/bench.service/cpu.max': '150000 100000\n',
      '/sys/fs/cgroup/app.slice/cpu.max': 'max 100000\n',
      '/proc/meminfo': 'MemAvailable:    2048 kB\n',
    });
    expect(readings).toMatchObject({ memoryBytes: 500_000, memoryLimitedBy: 'container', cpuLimit: 1.5 });
  });

  test('control groups of version 1', async () => {
    const readings = await machine({
      '/proc/self/cgroup': '9:name=systemd:/\n4:memory:/docker/1\n2:cpu,cpuacct:/docker/1\n',
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': '1000000\n',
      '/sys/fs/cgroup/memory/memory.usage_in_bytes': '400000\n',
      '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '50000\n',
      '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
    });
    expect(readings).toMatchObject({ memoryBytes: 600_000, memoryLimitedBy: 'container', cpuLimit: 0.5 });
  });

  test('of this machine: nothing makes it throw, and a look at the clock costs something', async () => {
    const readings = await readSystem(20);
    expect(readings.clockReadNs).toBeGreaterThan(0);
    expect(readings.cores).toBeGreaterThan(0);
    expect(diagnose(readings, WANTED)).toHaveLength(11);
  });
});
