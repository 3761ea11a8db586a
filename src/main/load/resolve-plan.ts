/** Makes the plan of a load test out of its options: every default filled in, every fault found before anything starts. */
import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { NO_LIMIT } from '../../shared/capacity';
import { Check, type LoadPlan, Mode, type Stage } from '../../shared/load/plan';
import { SEQUENCE_LIMIT } from '../../shared/load/probe';
import { processDescriptors } from '../../workers/service/descriptors';
import { Faults } from './faults';
import { CLIENTS_PER_ADDRESS, DESCRIPTOR_RESERVE, LOAD_DEFAULTS } from './limits';
import { type LoadOptions, REFERENCE_TARGETS } from './options';
import { resolvePayload } from './resolve-payload';
import { resolveSlow } from './resolve-slow';
import { isLoopback, resolveUrl } from './resolve-url';
import { defaultAdapter, defaultMode, modesOf } from './target-modes';
import { parseThreshold, ThresholdError } from './thresholds';

/** Modes in which every client sends. */
const CLIENTS_PUBLISH: readonly Mode[] = [Mode.ECHO, Mode.FAN_IN];
/** Modes in which nothing is sent. */
const SILENT: readonly Mode[] = [Mode.IDLE, Mode.CONNECT];

/** What of this machine decides defaults. */
export interface Machine {
  cores: number;
  /** What a process may have open; undefined: not known, or no limit. */
  descriptorLimit: number | undefined;
}

export function thisMachine(): Machine {
  const limit = processDescriptors().limit();
  return { cores: availableParallelism(), descriptorLimit: limit === NO_LIMIT ? undefined : limit };
}

/**
 * @returns the plan. Its `connect.url` is empty where the target under test is still to be started: `atUrl` fills it in
 * @throws {LoadOptionsError} that names every fault
 */
export function resolvePlan(options: LoadOptions, machine: Machine = thisMachine()): LoadPlan {
  const faults = new Faults();
  const plan = planOf(options, machine, faults);
  checkTogether(options, plan, faults);
  faults.throwIfAny();
  return plan;
}

/** The same plan for a server that is there now. */
export function atUrl(plan: LoadPlan, url: string): LoadPlan {
  const { connect } = plan;
  const publishUrl = connect.publishUrl || url;
  const sourceAddresses =
    connect.sourceAddresses.length > 0 ? connect.sourceAddresses : loopbackAddresses(url, plan.clients);
  return { ...plan, connect: { ...connect, url, publishUrl, sourceAddresses } };
}

function planOf(options: LoadOptions, machine: Machine, faults: Faults): LoadPlan {
  const mode = faults.oneOf('mode', options.mode, Object.values(Mode), defaultMode(options.target));
  const clients = faults.number('clients', options.clients, 'clients', LOAD_DEFAULTS.clients);
  const stages = resolveStages(options, mode, faults);
  const durationMs = stages.reduce((sum, stage) => sum + stage.durationMs, 0);
  const processes = faults.number(
    'processes',
    options.processes,
    'processes',
    processesFor(clients, machine),
  );
  const silent = SILENT.includes(mode);
  return {
    name: options.name ?? '',
    labels: { ...options.labels },
    mode,
    clients,
    publishers: silent || CLIENTS_PUBLISH.includes(mode) ? 0 : publishersOf(options, faults),
    workers: faults.number('workers', options.workers, 'workers', workersFor(machine, processes, clients)),
    processes,
    stages,
    payload: resolvePayload(options, faults),
    settleMs: faults.number('settleMs', options.settleMs, 'settleMs', LOAD_DEFAULTS.settleMs, {
      whole: false,
    }),
    warmupMs: silent ? 0 : resolveWarmup(options, durationMs, faults),
    durationMs,
    maxMessages:
      options.maxMessages === undefined
        ? undefined
        : faults.number('maxMessages', options.maxMessages, 'maxMessages', 1),
    drainTimeoutMs: faults.number(
      'drainTimeoutMs',
      options.drainTimeoutMs,
      'drainTimeoutMs',
      LOAD_DEFAULTS.drainTimeoutMs,
      { whole: false },
    ),
    connect: resolveConnect(options, clients, faults),
    slow: resolveSlow(options, clients, faults),
    churnPerSecond: faults.number(
      'churnPerSecond',
      options.churnPerSecond,
      'churnPerSecond',
      mode === Mode.CHURN ? LOAD_DEFAULTS.churnPerSecond : 0,
      { whole: false },
    ),
    reconnect: options.reconnect ?? mode === Mode.RECONNECT,
    checks: [...new Set(options.checks?.map((check) => checked(check, faults)) ?? Object.values(Check))],
    thresholds: [...(options.thresholds ?? [])],
    abortOnFailMs:
      options.abortOnFailMs === undefined
        ? undefined
        : faults.number('abortOnFailMs', options.abortOnFailMs, 'abortOnFailMs', 0, { whole: false }),
    percentiles: resolvePercentiles(options, faults),
    seed: faults.number('seed', options.seed, 'seed', Math.floor(Math.random() * 2 ** 31)),
  };
}

function publishersOf(options: LoadOptions, faults: Faults): number {
  return faults.number('publishers', options.publishers, 'publishers', LOAD_DEFAULTS.publishers);
}

function checked(check: Check, faults: Faults): Check {
  return faults.oneOf('checks', check, Object.values(Check), Check.LOSS);
}

function resolveStages(options: LoadOptions, mode: Mode, faults: Faults): Stage[] {
  const { stages } = options;
  if (stages !== undefined && !Array.isArray(stages)) faults.add('stages', 'must be a list of stages');
  if (!Array.isArray(stages)) {
    const rate = SILENT.includes(mode) ? 0 : LOAD_DEFAULTS.ratePerSecond;
    return [
      {
        durationMs: faults.number('durationMs', options.durationMs, 'durationMs', LOAD_DEFAULTS.durationMs, {
          whole: false,
        }),
        ratePerSecond: faults.number('ratePerSecond', options.ratePerSecond, 'ratePerSecond', rate, {
          whole: false,
        }),
        ramp: false,
      },
    ];
  }
  faults.number('stages', stages.length, 'stages', 1);
  return stages.map((stage, at) => ({
    durationMs: faults.number(`stages[${at}].durationMs`, stage.durationMs, 'durationMs', 1_000, {
      whole: false,
    }),
    ratePerSecond: faults.number(`stages[${at}].ratePerSecond`, stage.ratePerSecond, 'ratePerSecond', 0, {
      whole: false,
    }),
    ramp: stage.ramp ?? false,
  }));
}

function resolveWarmup(options: LoadOptions, durationMs: number, faults: Faults): number {
  const share = durationMs * LOAD_DEFAULTS.warmupShare;
  const usual = Math.min(LOAD_DEFAULTS.warmupHighestMs, Math.max(LOAD_DEFAULTS.warmupLowestMs, share));
  return faults.number('warmupMs', options.warmupMs, 'warmupMs', usual, { whole: false });
}

function resolvePercentiles({ percentiles }: LoadOptions, faults: Faults): number[] {
  const given = percentiles ?? LOAD_DEFAULTS.percentiles;
  return given.map((p) => faults.number('percentiles', p, 'percentile', 50, { whole: false }));
}

function resolveConnect(options: LoadOptions, clients: number, faults: Faults): LoadPlan['connect'] {
  const url = resolveUrl('url', options.url, faults);
  const publishUrl = resolveUrl('publishUrl', options.publishUrl, faults) || url;
  const number = (
    option: 'connectTimeoutMs' | 'connectConcurrency' | 'connectAttempts',
    { whole } = { whole: true },
  ) => faults.number(option, options[option], option, LOAD_DEFAULTS[option], { whole });
  return {
    url,
    publishUrl,
    headers: resolveHeaders(options, faults),
    origin: options.origin,
    subprotocols: [...(options.subprotocols ?? [])],
    tls: {
      insecure: options.tls?.insecure ?? false,
      ca: options.tls?.ca,
      cert: options.tls?.cert,
      key: options.tls?.key,
    },
    compression: options.compression ?? false,
    ratePerSecond: faults.number(
      'connectRatePerSecond',
      options.connectRatePerSecond,
      'connectRatePerSecond',
      LOAD_DEFAULTS.connectRatePerSecond,
      { whole: false },
    ),
    timeoutMs: number('connectTimeoutMs', { whole: false }),
    concurrency: number('connectConcurrency'),
    attempts: number('connectAttempts'),
    sourceAddresses: options.sourceAddresses
      ? options.sourceAddresses.map((address) => checkedAddress(address, faults))
      : loopbackAddresses(url, clients),
    client: faults.oneOf('client', options.client, ['sink', 'ws'], 'sink'),
    adapter: resolveAdapter(options, faults),
  };
}

function checkedAddress(address: string, faults: Faults): string {
  if (isIP(address) === 0)
    faults.add(
      'sourceAddresses',
      `must be IP addresses of this host, such as 127.0.0.2, and one is ${JSON.stringify(address)}`,
    );
  return address;
}

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** What a header's value cannot hold: it would begin another header. */
const NOT_IN_HEADERS = /[\r\n]/;

function resolveHeaders({ headers = {} }: LoadOptions, faults: Faults): Record<string, string> {
  for (const [name, value] of Object.entries(headers)) {
    if (!HEADER_NAME.test(name)) faults.add('headers', `${JSON.stringify(name)} is no name of a header`);
    if (typeof value !== 'string' || NOT_IN_HEADERS.test(value))
      faults.add('headers', `the value of ${name} must be text without line ends`);
  }
  return { ...headers };
}

function resolveAdapter(options: LoadOptions, faults: Faults): string {
  const { adapter = defaultAdapter(options.target) } = options;
  if (adapter === 'raw' || adapter === 'socket.io') return adapter;
  const file = path.resolve(adapter);
  if (!existsSync(file))
    faults.add('adapter', `must be raw, socket.io or the path of a module; there is no file ${file}`);
  return file;
}

/** What only makes sense, or none, in the light of other options. */
function checkTogether(options: LoadOptions, plan: LoadPlan, faults: Faults): void {
  const { mode } = plan;
  if (options.target !== undefined) faults.oneOf('target', options.target, REFERENCE_TARGETS, 'ringcast');
  if (options.target !== undefined && !modesOf(options.target).includes(mode))
    faults.add(
      'mode',
      `must be one of ${modesOf(options.target).join(', ')} for the target ${options.target}, and is ${mode}`,
    );
  if (options.target !== undefined && options.url !== undefined)
    faults.add('target', 'is started by the test, so there can be no url: leave one of them out');
  if (options.command !== undefined && options.target !== undefined)
    faults.add('command', 'starts the server under test, and so does target: leave one of them out');
  if (options.command !== undefined && options.url === undefined)
    faults.add('command', 'needs url: where the server will listen once it has started');
  if (options.stages !== undefined && (options.ratePerSecond ?? options.durationMs) !== undefined)
    faults.add('stages', 'have rates and durations of their own: leave ratePerSecond and durationMs out');
  if (options.publishers !== undefined && CLIENTS_PUBLISH.includes(mode))
    faults.add('publishers', `must be left out in mode ${mode}: every client sends`);
  if (SILENT.includes(mode) && plan.stages.some(({ ratePerSecond }) => ratePerSecond > 0))
    faults.add('ratePerSecond', `must be left out, or 0, in mode ${mode}: nothing is sent`);
  if (!SILENT.includes(mode) && plan.stages.every(({ ratePerSecond }) => ratePerSecond === 0))
    faults.add('ratePerSecond', `must not be 0 in mode ${mode}: use mode idle to send nothing`);
  if (mode !== Mode.CHURN && plan.churnPerSecond > 0)
    faults.add('churnPerSecond', `is for mode churn, and the mode is ${mode}`);
  if (mode === Mode.CHURN && plan.churnPerSecond === 0)
    faults.add('churnPerSecond', 'must not be 0 in mode churn');
  if (plan.connect.compression && plan.connect.client !== 'ws')
    faults.add('compression', "needs client 'ws': the raw peers speak none");
  if (plan.abortOnFailMs !== undefined && plan.thresholds.length === 0)
    faults.add('abortOnFailMs', 'needs thresholds: the first that fails ends the test');
  checkSequences(plan, faults);
  for (const expression of plan.thresholds) {
    try {
      parseThreshold(expression);
    } catch (error) {
      if (!(error instanceof ThresholdError)) throw error;
      faults.add('thresholds', error.fault);
    }
  }
  if (options.agents !== undefined && options.url === undefined)
    faults.add('agents', 'need url: a server that is started here listens on loopback only');
}

/** A stamp has 32 bits for a message's number. */
function checkSequences(plan: LoadPlan, faults: Faults): void {
  const streams = CLIENTS_PUBLISH.includes(plan.mode) ? plan.clients : plan.publishers;
  const highestRate = Math.max(...plan.stages.map(({ ratePerSecond }) => ratePerSecond));
  const scheduled = (highestRate * (plan.warmupMs + plan.durationMs)) / 1_000;
  const each = Math.min(scheduled, plan.maxMessages ?? scheduled) / streams;
  if (streams > 0 && each > SEQUENCE_LIMIT)
    faults.add(
      'ratePerSecond',
      `comes to ${Math.ceil(each)} messages of one publisher, and they are numbered up to ${SEQUENCE_LIMIT}: take more publishers, or a shorter test`,
    );
}

/** One core is the server's, if it is on this machine. */
function workersFor({ cores }: Machine, processes: number, clients: number): number {
  return Math.max(1, Math.min(clients, Math.floor((cores - 1) / processes)));
}

function processesFor(clients: number, { descriptorLimit }: Machine): number {
  if (descriptorLimit === undefined) return 1;
  return Math.max(1, Math.ceil(clients / Math.max(1, descriptorLimit - DESCRIPTOR_RESERVE)));
}

/** Past so many clients one address has no ports left; on loopback there are 16 million addresses. */
function loopbackAddresses(url: string, clients: number): string[] {
  const needed = Math.ceil(clients / CLIENTS_PER_ADDRESS);
  if (needed <= 1 || !isLoopback(url)) return [];
  return Array.from({ length: needed }, (_, at) => `127.0.0.${at + 1}`);
}
