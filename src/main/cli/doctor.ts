/** `ringcast doctor`: the checks before a load test, as a table. */
import net from 'node:net';
import pc from 'picocolors';
import { CheckStatus, type DoctorCheck, diagnose } from '../load/doctor';
import { Faults, type LoadOptionsError } from '../load/faults';
import { wantedFor } from '../load/preflight';
import { checkReachable } from '../load/reachable';
import { resolveUrl } from '../load/resolve-url';
import { readSystem } from '../load/system-readings';
import { ExitCode } from './exit-codes';
import { usageError } from './failure';
import { wantsColor } from './terminal';

export interface DoctorOptions {
  clients: number;
  sourceIp?: string[];
  json?: boolean;
}

/** How long it is watched what else runs here. */
const WATCH_MS = 300;

/** @returns the exit code */
export async function doctor(url: string | undefined, options: DoctorOptions): Promise<ExitCode> {
  const { clients, sourceIp = [] } = options;
  for (const address of sourceIp) {
    if (net.isIP(address) === 0)
      throw usageError(`--source-ip is ${JSON.stringify(address)}: it must be an address such as 127.0.0.2.`);
  }
  const target = url === undefined ? undefined : checkedUrl(url);
  const readings = await readSystem(WATCH_MS);
  const checks = diagnose(readings, wantedFor(clients, target, sourceIp.length));
  if (target !== undefined) checks.push(await checkReachable(target));
  const failed = checks.some(({ status }) => status === CheckStatus.FAIL);
  if (options.json)
    process.stdout.write(`${JSON.stringify({ ok: !failed, clients, url: target, checks })}\n`);
  else process.stdout.write(tableOf(checks));
  return failed ? ExitCode.FAILURE : ExitCode.OK;
}

function checkedUrl(given: string): string {
  const faults = new Faults();
  const url = resolveUrl('url', given, faults);
  try {
    faults.throwIfAny();
    return url;
  } catch (error) {
    const problem = `The URL ${(error as LoadOptionsError).faults[0]?.message}`;
    throw usageError(problem.endsWith('?') ? problem : `${problem}.`);
  }
}

function tableOf(checks: readonly DoctorCheck[]): string {
  const color = pc.createColors(wantsColor(process.stdout, process.env, process.argv));
  const paint = { ok: color.green, warn: color.yellow, fail: color.red, unknown: color.dim };
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, status, message, repair }) => [
    `${paint[status](status.padEnd('unknown'.length))}  ${name.padEnd(width)}  ${message}`,
    ...(repair === undefined ? [] : [`${' '.repeat('unknown'.length + width + 4)}→ ${color.bold(repair)}`]),
  ]);
  return `${lines.join('\n')}\n`;
}
