/** `LoadOptions` out of what flags, environment and files say. Reads the files that they name. */
import { readFileSync } from 'node:fs';
import { Check } from '../../../shared/load/plan';
import type { LoadOptions } from '../../load/options';
import type { BenchValues } from './bench-flags';
import { scheduleOf } from './presets';
import type { Problems } from './sources';
import { header } from './values';

/** What is one for all runs: where the load is made, and what it goes to. */
export interface Place {
  url: string | undefined;
  command: string[] | undefined;
}

/** @param problems told what is wrong; what is answered then is good for nothing */
export function loadOptionsOf(values: BenchValues, place: Place, problems: Problems): LoadOptions {
  const { script, reconnect, churn, ...rest } = values;
  return withoutGaps({
    ...targetOf(values, place, problems),
    ...scheduleOf(values, problems),
    mode: rest.mode ?? (churn === undefined ? undefined : 'churn'),
    clients: rest.clients,
    publishers: rest.producers,
    workers: rest.workers,
    processes: rest.processes,
    sizeBytes: rest.size,
    payload: payloadOf(values, problems),
    settleMs: rest.settle,
    maxMessages: rest.messages,
    drainTimeoutMs: rest.drainTimeout,
    ...connectOf(values, problems),
    adapter: script ?? rest.adapter,
    slow: rest.slow,
    churnPerSecond: churn,
    reconnect,
    checks: checksOf(rest.check),
    thresholds: rest.threshold,
    abortOnFailMs: rest.abortOnFail,
    percentiles: rest.percentiles,
    seed: rest.seed,
    name: rest.name,
    labels: rest.label && Object.fromEntries(rest.label),
    agents: agentsOf(values, problems),
    force: rest.force,
  });
}

function targetOf(values: BenchValues, { url, command }: Place, problems: Problems): LoadOptions {
  const { readyTimeout: readyTimeoutMs, publishUrl } = values;
  const [file, ...rest] = command ?? [];
  if (file === undefined) return { url, publishUrl };
  if (url === undefined) problems.add('--on-port', 'needs a URL: the one that the command will serve');
  return { url, publishUrl, command: withoutGaps({ file, arguments: rest, readyTimeoutMs }) };
}

function payloadOf(values: BenchValues, problems: Problems): LoadOptions['payload'] {
  const { text, payloadFile, payloadFill: fill, payloadTemplate } = values;
  const lines =
    payloadFile === undefined ? undefined : linesOf(contentOf(payloadFile, '--payload-file', problems));
  const template = payloadTemplate?.startsWith('@')
    ? contentOf(payloadTemplate.slice(1), '--payload-template', problems).trimEnd()
    : payloadTemplate;
  const payload = withoutGaps({ text, fill, lines, template });
  return Object.keys(payload).length === 0 ? undefined : payload;
}

function linesOf(text: string): string[] {
  return text.replace(/\r?\n$/, '').split(/\r?\n/);
}

function connectOf(values: BenchValues, problems: Problems): LoadOptions {
  const { insecure, cacert, cert, key } = values;
  const pem = (file: string | undefined, flag: string) => file && contentOf(file, flag, problems);
  const tls = withoutGaps({
    insecure,
    ca: pem(cacert, '--cacert'),
    cert: pem(cert, '--cert'),
    key: pem(key, '--key'),
  });
  return {
    connectRatePerSecond: values.connectRate,
    connectTimeoutMs: values.connectTimeout,
    connectConcurrency: values.connectConcurrency,
    connectAttempts: values.connectAttempts,
    headers: headersOf(values, problems),
    origin: values.origin,
    subprotocols: values.subprotocol,
    tls: Object.keys(tls).length === 0 ? undefined : tls,
    compression: values.compression,
    sourceAddresses: values.sourceIp,
    client: values.client,
  };
}

function headersOf(values: BenchValues, problems: Problems): LoadOptions['headers'] {
  const pairs = (values.header ?? []).flatMap(([name, value]) =>
    name === '@' ? headersIn(value, problems) : [[name, value] as const],
  );
  if (values.tokenFile !== undefined) {
    const token = contentOf(values.tokenFile, '--token-file', problems).trim();
    pairs.push(['Authorization', `Bearer ${token}`]);
  }
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs);
}

function headersIn(file: string, problems: Problems): (readonly [string, string])[] {
  const lines = contentOf(file, '--header', problems).split(/\r?\n/);
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    try {
      return [header.read(line)];
    } catch {
      // What is in the file may be secret: the line is not shown.
      problems.add(`--header @${file}:${index + 1}`, 'must be of the form "Name: value"');
      return [];
    }
  });
}

function checksOf(checks: BenchValues['check']): LoadOptions['checks'] {
  if (checks === undefined || checks.includes('all')) return undefined;
  const named = checks.map((check) => (check === 'crc' ? Check.CONTENT : check));
  return Object.values(Check).filter((check) => named.includes(check));
}

function agentsOf(values: BenchValues, problems: Problems): LoadOptions['agents'] {
  const { agents, agentTokenFile: file } = values;
  if (agents === undefined) return undefined;
  if (file === undefined) {
    problems.add('--agents', 'needs --agent-token-file: the token that the agents were started with');
    return undefined;
  }
  const addresses = agents.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`);
  return {
    addresses,
    token: contentOf(file, '--agent-token-file', problems).trim(),
    tls: agentTlsOf(values, problems),
  };
}

function agentTlsOf({ agentTls, agentCa }: BenchValues, problems: Problems): { ca?: string } | undefined {
  if (agentCa !== undefined) return { ca: contentOf(agentCa, '--agent-ca', problems) };
  return agentTls ? {} : undefined;
}

function contentOf(file: string, flag: string, problems: Problems): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    problems.add(flag, `names ${file}, which cannot be read (${(error as NodeJS.ErrnoException).code})`);
    return '';
  }
}

export function withoutGaps<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
