/**
 * Whether this machine can make a load, and what to do where it cannot. Pure: what is asked of the system is in
 * `system-readings.ts`. `docs/doctor.md` lists the checks.
 */
import { DESCRIPTOR_RESERVE } from './limits';
import type { SystemReadings } from './system-readings';

export const CheckStatus = {
  OK: 'ok',
  /** It works, and the figures may suffer. */
  WARN: 'warn',
  /** It cannot work. */
  FAIL: 'fail',
  /** This system does not tell. */
  UNKNOWN: 'unknown',
} as const;
export type CheckStatus = (typeof CheckStatus)[keyof typeof CheckStatus];

export interface DoctorCheck {
  name: string;
  status: CheckStatus;
  /** The number that was found; null: not known. */
  value: number | string | null;
  /** One sentence: what was found, and what it is compared with. */
  message: string;
  /** The command that repairs it. */
  repair?: string;
}

/** What is to be done with this machine. */
export interface WantedLoad {
  clients: number;
  /** `ours`: it is started by the test, with this process's limits. `here`: it runs on this machine, by somebody else. */
  server: 'ours' | 'here' | 'elsewhere';
  /** Addresses that clients come from. */
  sourceAddresses: number;
  /** Handshakes under way at once. */
  concurrency: number;
}

const KiB = 1024;
const MiB = 1024 * KiB;

/** The lowest Node that ringcast runs on. */
const LEAST_NODE = [20, 19] as const;
/** What every run takes: coordinator, load threads, a hub. */
const BASE_MEMORY_BYTES = 250 * MiB;
/** An idle client in the generator, in the kernel, and in a hub of this machine. */
const CLIENT_BYTES = 8 * KiB;
const SOCKET_BYTES = 8 * KiB;
const SERVER_CLIENT_BYTES = 12 * KiB;
/** What the estimate may take of the memory that is free, before it is worth a word. */
const MEMORY_SHARE = 0.8;
/** A hub asks for a queue of so many connections that are not accepted yet. */
const WANTED_BACKLOG = 4_096;
/** More of a core than this is somebody else's: figures will tell of that, too. */
const MOST_STEAL = 0.02;
const MOST_BUSY = 0.5;
/** Clocks that a program reads without asking the kernel. */
const FAST_CLOCKS = ['tsc', 'kvm-clock', 'hyperv_clocksource_tsc_page', 'arch_sys_counter', 'xen'];

type Check = (readings: SystemReadings, wanted: WantedLoad) => DoctorCheck;

/** All checks, in the order in which they are told. */
export function diagnose(readings: SystemReadings, wanted: WantedLoad): DoctorCheck[] {
  return CHECKS.map((check) => check(readings, wanted));
}

function checkNode({ node }: SystemReadings): DoctorCheck {
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const enough = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
  const least = LEAST_NODE.join('.');
  return enough
    ? ok('node', node, `Node ${node}`)
    : fail(
        'node',
        node,
        `Node ${node} is too old: ringcast needs ${least} or newer`,
        `nvm install ${LEAST_NODE[0]}`,
      );
}

/** Node raises its soft limit to the hard one, so the hard one counts. */
function checkDescriptors({ descriptors }: SystemReadings, wanted: WantedLoad): DoctorCheck {
  if (descriptors === null)
    return unknown('descriptors', 'this system does not tell how many a process may open');
  const { soft, hard } = descriptors;
  const room = Math.max(0, hard - DESCRIPTOR_RESERVE);
  const found = `a process may open ${hard} (soft limit ${soft}, which Node raises)`;
  if (room === 0)
    return fail('descriptors', hard, `${found}: there is room for no client`, raiseDescriptors(wanted));
  if (wanted.server === 'ours' && wanted.clients > room)
    return fail(
      'descriptors',
      hard,
      `${found}: a server that the test starts has room for about ${room} of ${wanted.clients} clients`,
      raiseDescriptors(wanted),
    );
  const processes = Math.ceil(wanted.clients / room);
  const shared = processes > 1 ? `: ${wanted.clients} clients are shared among ${processes} processes` : '';
  return ok('descriptors', hard, `${found}${shared}`);
}

function raiseDescriptors({ clients }: WantedLoad): string {
  const wanted = clients + DESCRIPTOR_RESERVE;
  return `sudo prlimit --pid $$ --nofile=${wanted}:${wanted}`;
}

function checkPorts({ portRange }: SystemReadings, { clients, sourceAddresses }: WantedLoad): DoctorCheck {
  if (portRange === null) return unknown('ports', 'this system does not tell its range of local ports');
  const [low, high] = portRange;
  const ports = high - low + 1;
  const room = ports * sourceAddresses;
  const from = sourceAddresses === 1 ? 'one source address' : `${sourceAddresses} source addresses`;
  const found = `${ports} local ports (${low} to ${high}) × ${from}`;
  if (clients <= room) return ok('ports', room, `${found}: room for ${room} connections to one server`);
  return fail(
    'ports',
    room,
    `${found}: room for ${room} of ${clients} connections to one server`,
    'sudo sysctl -w net.ipv4.ip_local_port_range="1024 65535"    (or more addresses: --source-ip)',
  );
}

/** The kernel cuts what a server asks for; a connect storm then meets a shorter queue than it would elsewhere. */
function checkAcceptQueue({ somaxconn }: SystemReadings, wanted: WantedLoad): DoctorCheck {
  return checkQueue('somaxconn', somaxconn, 'net.core.somaxconn', wanted);
}

function checkSynQueue({ synBacklog }: SystemReadings, wanted: WantedLoad): DoctorCheck {
  return checkQueue('syn backlog', synBacklog, 'net.ipv4.tcp_max_syn_backlog', wanted);
}

function checkQueue(
  name: string,
  value: number | null,
  sysctl: string,
  { server, clients, concurrency }: WantedLoad,
): DoctorCheck {
  if (value === null) return unknown(name, 'this system does not tell');
  if (server === 'elsewhere') return ok(name, value, `${value}; the server is elsewhere, and its own counts`);
  const atOnce = Math.min(clients, concurrency);
  if (value >= atOnce) return ok(name, value, `${value}, for ${atOnce} handshakes at once`);
  return warn(
    name,
    value,
    `${value} is less than the ${atOnce} handshakes that are under way at once: some will be tried again after a second`,
    `sudo sysctl -w ${sysctl}=${WANTED_BACKLOG}`,
  );
}

function checkConntrack({ conntrack }: SystemReadings, { clients }: WantedLoad): DoctorCheck {
  if (conntrack === null) return ok('conntrack', null, 'connections are not tracked');
  const { count, max } = conntrack;
  if (count === 0) return ok('conntrack', 0, 'no connection is tracked now');
  const free = max - count;
  const found = `${count} of ${max} connections are tracked`;
  if (clients <= free) return ok('conntrack', free, `${found}: room for ${free}`);
  return fail(
    'conntrack',
    free,
    `${found}: room for ${free} of ${clients}, and the kernel drops the rest without a word`,
    `sudo sysctl -w net.netfilter.nf_conntrack_max=${count + 2 * clients}`,
  );
}

function checkMemory({ memoryBytes, memoryLimitedBy }: SystemReadings, wanted: WantedLoad): DoctorCheck {
  const each =
    CLIENT_BYTES + SOCKET_BYTES + (wanted.server !== 'elsewhere' ? SERVER_CLIENT_BYTES + SOCKET_BYTES : 0);
  const estimate = BASE_MEMORY_BYTES + wanted.clients * each;
  const where = memoryLimitedBy === 'container' ? 'the container has left' : 'are free';
  const found = `${inMiB(memoryBytes)} ${where}, about ${inMiB(estimate)} are needed`;
  if (estimate <= memoryBytes * MEMORY_SHARE) return ok('memory', memoryBytes, found);
  const repair =
    memoryLimitedBy === 'container'
      ? 'give the container more memory, or use fewer clients'
      : 'use fewer clients';
  return estimate <= memoryBytes
    ? warn('memory', memoryBytes, found, repair)
    : fail('memory', memoryBytes, found, repair);
}

function checkCores({ cores, cpuLimit }: SystemReadings, { server }: WantedLoad): DoctorCheck {
  const usable = cpuLimit === null ? cores : Math.min(cores, cpuLimit);
  const limited = cpuLimit !== null && cpuLimit < cores ? ` of ${cores}, by the container's limit` : '';
  const found = `${usable} ${usable === 1 ? 'core' : 'cores'}${limited}`;
  if (server === 'elsewhere' || usable > 1) return ok('cores', usable, found);
  return warn(
    'cores',
    usable,
    `${found}, for the load and the server: each will delay the other`,
    'use two or more',
  );
}

function checkGovernor({ governor }: SystemReadings): DoctorCheck {
  if (governor === null)
    return ok('governor', null, 'the speed of the cores is not ours to see, as in a virtual machine');
  if (governor === 'performance') return ok('governor', governor, 'the cores keep their speed');
  return warn(
    'governor',
    governor,
    `'${governor}' lets idle cores slow down: a low rate shows higher latencies than a high one`,
    'sudo cpupower frequency-set -g performance',
  );
}

function checkClock({ clockSource, clockSources, clockReadNs }: SystemReadings): DoctorCheck {
  const cost = `${Math.round(clockReadNs)} ns a read`;
  if (clockSource === null) return unknown('clock', `this system does not tell; ${cost}`);
  if (FAST_CLOCKS.includes(clockSource)) return ok('clock', clockSource, `${clockSource}, ${cost}`);
  const better = clockSources.find((source) => FAST_CLOCKS.includes(source));
  return warn(
    'clock',
    clockSource,
    `${clockSource} is read through the kernel, ${cost}: every message costs some`,
    better === undefined
      ? 'the machine offers no better one'
      : `echo ${better} | sudo tee /sys/devices/system/clocksource/clocksource0/current_clocksource`,
  );
}

function checkQuiet({ steal, busy }: SystemReadings): DoctorCheck {
  if (steal === null || busy === null) return unknown('quiet', 'this system does not tell what else runs');
  const found = `${percent(busy)} of the cores' time is in use, ${percent(steal)} taken by other machines of this host`;
  if (busy <= MOST_BUSY && steal <= MOST_STEAL) return ok('quiet', busy, found);
  return warn(
    'quiet',
    busy,
    `${found}: figures will tell of that, too`,
    'end what else runs, or repeat: --repeat 5',
  );
}

const CHECKS: readonly Check[] = [
  checkNode,
  checkDescriptors,
  checkPorts,
  checkAcceptQueue,
  checkSynQueue,
  checkConntrack,
  checkMemory,
  checkCores,
  checkGovernor,
  checkClock,
  checkQuiet,
];

type Value = DoctorCheck['value'];

function ok(name: string, value: Value, message: string): DoctorCheck {
  return { name, status: CheckStatus.OK, value, message };
}

function unknown(name: string, message: string): DoctorCheck {
  return { name, status: CheckStatus.UNKNOWN, value: null, message };
}

function warn(name: string, value: Value, message: string, repair: string): DoctorCheck {
  return { name, status: CheckStatus.WARN, value, message, repair };
}

function fail(name: string, value: Value, message: string, repair: string): DoctorCheck {
  return { name, status: CheckStatus.FAIL, value, message, repair };
}

function inMiB(bytes: number): string {
  return `${Math.round(bytes / MiB)} MiB`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
