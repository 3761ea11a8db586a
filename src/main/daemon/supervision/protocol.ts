/**
 * What a daemon's hub process and its supervisor say to each other over the IPC channel, beside what a starting daemon says
 * anyway (`StartMessage`).
 *
 *     hub process  ── hold ──▶  supervisor        which takes lock, pid file and control socket
 *                  ◀─ held ───                    or `refused`
 *                  ── ready ─▶                    the first time it is passed on to whoever started the daemon
 *                  ◀─ ask ────                    a request of the control socket, or a signal
 *                  ── answer ▶
 *                  ── stopping ▶                  from now on its end is no accident
 */
import type { LogLevels } from '../../../shared/log';
import type { StopReason } from '../control-routes';
import type { StartMessage } from '../verdict';

/** What the supervisor has to know. It reads no settings itself: so it stays small, and cannot fail on them. */
export interface SupervisorPlan {
  lock: string;
  logFile: string | undefined;
  syslog: string | true | undefined;
  levels: LogLevels;
  umask: number;
  /** After so many restarts within `RESTART_WINDOW_MS` it gives up; 0: at the first crash. */
  maxRestarts: number;
  /** A hub process that was started again and is not ready by then is killed. */
  startTimeoutMs: number;
}

export interface TellableFailure {
  message: string;
  remedy?: string;
  exitCode?: number;
}

export type ToSupervisor =
  | StartMessage
  | { ringcast: 'hold'; plan: SupervisorPlan }
  | { ringcast: 'answer'; id: number; status: number; value?: unknown; failure?: TellableFailure }
  | { ringcast: 'stopping' };

export type ToHubProcess =
  /** `before`: what the hub process before this one said when it was ready. */
  | { ringcast: 'held'; control: string; before?: object }
  | ({ ringcast: 'refused' } & TellableFailure)
  /** `route` as `ControlRoutes` has it. */
  | { ringcast: 'ask'; id: number; route: string; body?: unknown }
  /** In good order. More than one changes nothing. */
  | ({ ringcast: 'stop' } & StopReason)
  /** At once, with this exit code. */
  | { ringcast: 'end now'; exitCode: number };
