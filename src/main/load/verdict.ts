/** What limited a test, and whether its figures say something about the server. Pure. */
import { LimitedBy, type LoadResult, type Verdict } from '../../shared/load/result';
import type { ThreadLoad } from '../../shared/load/snapshot';

/** Past these a test says less about the server than about the generator, or is limited by what the sentence names. */
export const VERDICT_LIMITS = {
  /** Busy share of a load thread: beyond it, messages wait for the generator. */
  utilization: 0.9,
  /** From here on it is worth a warning. */
  utilizationWarning: 0.75,
  /** Published of what the schedule asked for. */
  achieved: 0.99,
  /** Share of the times of the schedule at which nothing could be sent. */
  unsent: 0.001,
  /** Schedule lag, 99th percentile: this part of the response's, and at least so long. */
  lagShare: 0.5,
  lagFloorMs: 2,
  /** Event loop delay of a load thread, 99th percentile. */
  delayP99Ms: 20,
  /** Share of the time that a load thread's collector stopped it. */
  gc: 0.05,
  /** Cores that a server uses from where on one of its threads is probably busy all the time. */
  serverCpu: 0.95,
  /** A server that uses less than this has time to spare. */
  idleServerCpu: 0.5,
  /** Posts that a hub refused, of those that were scheduled. */
  refused: 0.001,
} as const;

/** What the verdict is made of. */
export interface Evidence {
  run: Pick<LoadResult['run'], 'ended'>;
  totals: LoadResult['totals'];
  /** Null where there are too few samples. */
  responseP99Ms: number | null;
  lagP99Ms: number | null;
  generator: Pick<LoadResult['generator'], 'threads'>;
  /** Where a hub publishes by threads of its own process: those. Undefined: connections of the generator publish. */
  publisherThreads: readonly ThreadLoad[] | undefined;
  server: LoadResult['server'];
  reconciliation: LoadResult['reconciliation'];
  /** How long the measure window was. */
  measuredMs: number;
  clients: number;
  publishers: number;
  /** Why the test failed, if it did. */
  failure: string | undefined;
  /** Why latencies between hosts say nothing, if they do not. */
  clockDoubt: string | undefined;
  /** They are told all the same. */
  force: boolean;
}

interface Finding {
  by: LimitedBy;
  /** Whether it makes the figures worthless. */
  spoils: boolean;
  text: string;
}

export function judge(evidence: Evidence): Verdict {
  const findings = [
    ...ofTheRun(evidence),
    ...ofTheServer(evidence),
    ...ofTheThreads(evidence),
    ...ofTheSchedule(evidence),
  ];
  const reasons = findings.map(({ text }) => text);
  return {
    limitedBy: limitOf(findings),
    valid: findings.every(({ spoils }) => !spoils),
    reasons,
    warnings: warningsOf(evidence),
  };
}

/** A generator at its end hides everything else. */
function limitOf(findings: readonly Finding[]): LimitedBy {
  for (const by of [LimitedBy.CLIENT, LimitedBy.SERVER, LimitedBy.NETWORK])
    if (findings.some((finding) => finding.by === by)) return by;
  return LimitedBy.NONE;
}

function ofTheRun({ failure, totals, clients, clockDoubt, force }: Evidence): Finding[] {
  const findings: Finding[] = [];
  if (clockDoubt !== undefined && !force)
    findings.push({ by: LimitedBy.NONE, spoils: true, text: clockDoubt });
  if (failure !== undefined) findings.push({ by: LimitedBy.NONE, spoils: true, text: failure });
  else if (totals.opened === 0 && totals.connectFailed > 0)
    findings.push({ by: LimitedBy.NONE, spoils: true, text: `none of ${clients} clients could connect` });
  return findings;
}

function ofTheServer({ server, totals }: Evidence): Finding[] {
  const findings: Finding[] = [];
  const limit = VERDICT_LIMITS;
  if (server !== null && server.cpu >= limit.serverCpu)
    findings.push({
      by: LimitedBy.SERVER,
      spoils: false,
      text: `the server used ${server.cpu.toFixed(2)} cores (limit ${limit.serverCpu}): a thread of it is probably busy all the time`,
    });
  if (overShare(totals.refused, totals.scheduled, limit.refused))
    findings.push({
      by: LimitedBy.SERVER,
      spoils: false,
      text: `the hub refused ${share(totals.refused / totals.scheduled)} of the posts (limit ${share(limit.refused)}): its ring was full`,
    });
  return findings;
}

function ofTheThreads({ generator, measuredMs }: Evidence): Finding[] {
  const limit = VERDICT_LIMITS;
  // A thread that was not asked for anything yet has only its own start to tell of.
  if (measuredMs === 0) return [];
  return generator.threads.flatMap(({ name, utilization, delayP99Ms, gcMs }) => {
    const gc = measuredMs > 0 ? gcMs / measuredMs : 0;
    const texts: string[] = [];
    if (utilization > limit.utilization)
      texts.push(`${name} was busy ${share(utilization)} of the time (limit ${share(limit.utilization)})`);
    if (delayP99Ms > limit.delayP99Ms)
      texts.push(
        `${name} was late by ${ms(delayP99Ms)} at the 99th percentile (limit ${ms(limit.delayP99Ms)})`,
      );
    if (gc > limit.gc)
      texts.push(`${name} collected garbage ${share(gc)} of the time (limit ${share(limit.gc)})`);
    return texts.map((text) => ({ by: LimitedBy.CLIENT, spoils: true, text: `generator: ${text}` }));
  });
}

function ofTheSchedule(evidence: Evidence): Finding[] {
  const { totals, responseP99Ms, lagP99Ms, server } = evidence;
  const findings: Finding[] = [];
  const limit = VERDICT_LIMITS;
  const late = whoIsLate(evidence);
  const allowed = Math.max(limit.lagFloorMs, limit.lagShare * (responseP99Ms ?? 0));
  if (lagP99Ms !== null && lagP99Ms > allowed)
    findings.push({
      by: late.by,
      spoils: true,
      text: late.told(`messages went ${ms(lagP99Ms)} late at the 99th percentile (limit ${ms(allowed)})`),
    });
  const refusedShare = totals.scheduled > 0 ? totals.refused / totals.scheduled : 0;
  const isUnsent = overShare(totals.unsent, totals.scheduled, limit.unsent);
  const isBehind = totals.targetPerSecond > 0 && totals.achieved + refusedShare < limit.achieved;
  if (isBehind && !isUnderWay(evidence, allowed)) {
    const text = `only ${share(totals.achieved)} of the scheduled messages were published (limit ${share(limit.achieved)})`;
    findings.push(
      isUnsent
        ? { by: behindTheSocket(server), spoils: true, text }
        : { by: late.by, spoils: true, text: late.told(text) },
    );
  } else if (isUnsent)
    findings.push({
      by: behindTheSocket(server),
      spoils: true,
      text: `${totals.unsent} messages could not be sent (limit ${share(limit.unsent)}): no connection, or its socket was full`,
    });
  return findings;
}

/**
 * Whose doing it is that messages go late: the generator's, or that of publisher threads in a hub's process. They are part of the
 * load where they are busy themselves; where they are not, and the hub is, it has left them no time.
 */
function whoIsLate({ publisherThreads, server }: Evidence): { by: LimitedBy; told(text: string): string } {
  if (publisherThreads === undefined) return { by: LimitedBy.CLIENT, told: (text) => text };
  const { utilization, serverCpu } = VERDICT_LIMITS;
  const busy = publisherThreads.filter((thread) => thread.utilization > utilization);
  const theHubs = busy.length === 0 && server !== null && server.cpu >= serverCpu;
  const why = busy.map((thread) => `; ${thread.name} was busy ${share(thread.utilization)} of the time`);
  return {
    by: theHubs ? LimitedBy.SERVER : LimitedBy.CLIENT,
    told: (text) => `publisher threads in the hub's process: ${text}${why[0] ?? ''}`,
  };
}

/** A test that was ended in the middle of its schedule may miss what was due within the lag that is allowed. */
function isUnderWay({ run, totals, measuredMs }: Evidence, allowedLagMs: number): boolean {
  const missing = (totals.targetPerSecond * measuredMs * (1 - totals.achieved)) / 1_000;
  const due = (totals.targetPerSecond * allowedLagMs) / 1_000;
  return run.ended !== 'complete' && missing <= 1 + due;
}

/** Who it is that does not take what is sent: a server with time to spare is not to blame. */
function behindTheSocket(server: LoadResult['server']): LimitedBy {
  return server !== null && server.cpu < VERDICT_LIMITS.idleServerCpu ? LimitedBy.NETWORK : LimitedBy.SERVER;
}

function warningsOf({ generator, totals, reconciliation, run, clockDoubt, force }: Evidence): string[] {
  const warnings: string[] = [];
  if (clockDoubt !== undefined && force) warnings.push(clockDoubt);
  for (const { name, utilization } of generator.threads)
    if (utilization > VERDICT_LIMITS.utilizationWarning && utilization <= VERDICT_LIMITS.utilization)
      warnings.push(
        `generator: ${name} was busy ${share(utilization)} of the time, near the limit of ${share(VERDICT_LIMITS.utilization)}`,
      );
  if (totals.foreign > 0)
    warnings.push(
      `${totals.foreign} messages came that this test did not send, or not to the client that got them`,
    );
  if (totals.connectFailed > 0 && totals.opened > 0)
    warnings.push(`${totals.connectFailed} clients could not connect, after all their attempts`);
  if (totals.lostConnections > 0)
    warnings.push(`${totals.lostConnections} connections ended without our doing`);
  if (totals.negative > 0)
    warnings.push(`${totals.negative} latencies came out negative and are left out: clocks disagree`);
  if (!reconciliation.addsUp)
    warnings.push(
      `the messages do not add up: ${reconciliation.expected} were expected, and ${reconciliation.received + reconciliation.droppedByPolicy + reconciliation.droppedAtClose + reconciliation.lost} are accounted for`,
    );
  if (run.ended !== 'complete') warnings.push(`the test did not run to its end: ${run.ended}`);
  return warnings;
}

function overShare(part: number, whole: number, limit: number): boolean {
  return whole > 0 && part / whole > limit;
}

function share(part: number): string {
  return `${(part * 100).toFixed(1)} %`;
}

function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 0)} ms`;
}
