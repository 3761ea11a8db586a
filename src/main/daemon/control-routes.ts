/** What every process with a lock answers on its control socket. Thread: the main one. */
import type { HubHealth } from '../hub-health';
import { ControlAnswer, type ControlRoutes } from './control-server';

export interface StopReason {
  /** Another one is started as soon as this one has ended: peers are told so. */
  restart: boolean;
}

/** @param body of `POST /stop`; none: it is to end for good */
export function stopReasonOf(body: unknown): StopReason {
  return { restart: (body as Partial<StopReason> | undefined)?.restart === true };
}

export interface ControlActions {
  /** Plain data. */
  status(): unknown;
  health(): Promise<HubHealth>;
  /** Ends the process in good order. */
  stop(why: StopReason): void;
  /** What it returns is the answer. */
  reload(): unknown;
  dump(): unknown;
}

export function controlRoutes({ status, health, stop, reload, dump }: ControlActions): ControlRoutes {
  return {
    'GET /status': async () => {
      const [about, { ready, reason }] = await Promise.all([status(), health()]);
      return { ...(about as object), ready, reason: reason ?? null };
    },
    'GET /livez': async () => {
      const { live, reason } = await health();
      return live ? { live } : new ControlAnswer(503, { live, reason });
    },
    'GET /readyz': async () => readiness(await health()),
    'POST /stop': (body) => {
      setImmediate(stop, stopReasonOf(body)); // the answer goes first
      return { pid: process.pid };
    },
    'POST /reload': () => reload(),
    'POST /dump': () => dump(),
  };
}

/** What the process was started with, for `ringcast restart`. Ask before it leaves its folder. */
export function launchedAs(): { argv: string[]; cwd: string } {
  return { argv: [...process.execArgv, ...process.argv.slice(1)], cwd: process.cwd() };
}

/** The part of a status that is true of any process. */
export function aboutProcess(): object {
  const uptimeSeconds = process.uptime();
  return {
    pid: process.pid,
    startedAt: new Date(Date.now() - uptimeSeconds * 1_000).toISOString(),
    uptimeSeconds: Math.floor(uptimeSeconds),
    node: process.version,
  };
}

/** 503 while no peer should come. */
export function readiness({ ready, reason }: Pick<HubHealth, 'ready' | 'reason'>): ControlAnswer {
  return new ControlAnswer(ready ? 200 : 503, { ready, reason: reason ?? null });
}
