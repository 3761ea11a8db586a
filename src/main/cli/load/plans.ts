/** Plans of rounds, before anything starts: what the library refuses is told by the names of the flags. */
import { LoadOptionsError } from '../../load/faults';
import { resolvePlan } from '../../load/resolve-plan';
import { flagName } from './flag';
import type { Request, Round } from './request';
import type { PlannedRound } from './rounds';
import { Problems } from './sources';

/** Options of the library whose flags are called otherwise. */
const FLAG_OF: { [option: string]: string } = {
  publishers: 'producers',
  ratePerSecond: 'rate',
  sizeBytes: 'size',
  durationMs: 'duration',
  warmupMs: 'warmup',
  settleMs: 'settle',
  maxMessages: 'messages',
  drainTimeoutMs: 'drainTimeout',
  connectRatePerSecond: 'connectRate',
  connectTimeoutMs: 'connectTimeout',
  headers: 'header',
  subprotocols: 'subprotocol',
  sourceAddresses: 'sourceIp',
  churnPerSecond: 'churn',
  checks: 'check',
  thresholds: 'threshold',
  abortOnFailMs: 'abortOnFail',
  labels: 'label',
  stages: 'stage',
  tls: 'cacert',
  url: 'URL',
  command: 'COMMAND',
  payload: 'payloadTemplate',
};

/** @throws {Failure} USAGE, with everything that is wrong in any of them */
export function planRounds({ rounds, origins }: Pick<Request, 'rounds' | 'origins'>): PlannedRound[] {
  const problems = new Problems();
  const planned = rounds.map((round) => planOf(round, origins, problems));
  problems.check();
  return planned as PlannedRound[];
}

function planOf(round: Round, origins: Request['origins'], problems: Problems): PlannedRound | undefined {
  const where = round.name === undefined ? '' : `${round.name}: `;
  try {
    return { ...round, plan: resolvePlan(round.options) };
  } catch (error) {
    if (!(error instanceof LoadOptionsError)) throw error;
    for (const { option, message } of error.faults) {
      problems.add(`${where}${nameFor(option, origins)}`, message);
    }
    return undefined;
  }
}

/** Names that say what the message counts in: `--duration (durationMs)`. */
const WITH_UNIT = /(Ms|PerSecond|Bytes)$/;

function nameFor(option: string, origins: Request['origins']): string {
  const [stem] = option.split(/[.[]/);
  // A script is an adapter of the library.
  if (stem === 'adapter' && origins.script !== undefined) return origins.script;
  const key = FLAG_OF[stem] ?? stem;
  if (key === key.toUpperCase()) return key;
  const name = origins[key] ?? flagName(key);
  return WITH_UNIT.test(option) ? `${name} (${option})` : name;
}
