/** A daemon's status for people. Pure. */
import type { DaemonStatus } from './daemon-control';

const SECONDS = { day: 86_400, hour: 3_600, minute: 60, second: 1 };

export function statusText(status: DaemonStatus): string {
  const { ready, reason, hubPid, restarts, lastEnd } = status;
  const { pid, uptimeSeconds, url, connections, stats, lock, control, config, logFile, version } = status;
  const rows: [name: string, value: unknown][] = [
    ['process', `${pid}, up ${duration(Number(uptimeSeconds))}`],
    ['hub process', hubPid],
    [
      'restarts',
      restarts === undefined ? undefined : `${restarts}${lastEnd ? `, the last one: ${lastEnd}` : ''}`,
    ],
    ['version', version],
    ['address', url],
    ['connections', connections],
    ['messages', messages(stats as Partial<Record<string, number>> | undefined)],
    ['lock', lock],
    ['control', control],
    ['settings', config === null ? 'flags and defaults' : config],
    ['log', logFile ?? 'nowhere'],
  ];
  const known = rows.filter(([, value]) => value !== undefined);
  const how = ready === false ? `, and not ready: ${reason}` : '';
  return `ringcast is running${how}.\n${known.map(([name, value]) => `  ${name.padEnd(12)} ${value}\n`).join('')}`;
}

function messages(stats: Partial<Record<string, number>> | undefined): string | undefined {
  if (stats === undefined) return undefined;
  const { posted = 0, sent = 0, pending = 0, abandoned = 0, disconnectedSlow = 0 } = stats;
  return `${posted} posted; ${sent} sent, ${pending} pending, ${abandoned} abandoned; ${disconnectedSlow} peers cut for being slow`;
}

/** The two largest units: `2 days 3 hours`. */
function duration(seconds: number): string {
  const parts: string[] = [];
  let rest = seconds;
  for (const [unit, length] of Object.entries(SECONDS)) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count > 0) parts.push(`${count} ${unit}${count === 1 ? '' : 's'}`);
  }
  return parts.slice(0, 2).join(' ') || '0 seconds';
}
