/**
 * The hub process's side of its supervisor: who holds the lock for it, asks it, and starts it again.
 *
 * Thread: the main one.
 */
import { log } from '../../../shared/log';
import { ExitCode } from '../../cli/exit-codes';
import { Failure } from '../../cli/failure';
import type { StopReason } from '../control-routes';
import { ControlAnswer, type ControlRoutes, statusOf } from '../control-server';
import { type HeldInstance, hubProcessLock } from '../instance';
import { InstanceLock } from '../instance-lock';
import type { SupervisorPlan, ToHubProcess, ToSupervisor } from './protocol';

export interface SupervisedActions {
  routes: ControlRoutes;
  /** As at the first SIGTERM. */
  stop(why: StopReason): void;
}

export interface SupervisedInstance extends HeldInstance {
  /** What the process before this one gave to `ready`, if this one takes the place of one that crashed. */
  readonly before: object | undefined;
}

type Held = Extract<ToHubProcess, { ringcast: 'held' }>;

/**
 * Has the supervisor take the lock, the pid file and the control socket, and obeys it from then on. Should it be gone, this
 * process ends at once: whoever takes the lock next must find no other hub.
 *
 * @throws {Failure} what the supervisor says is in the way, such as ALREADY_RUNNING
 */
export async function holdBySupervisor(
  plan: SupervisorPlan,
  actions: SupervisedActions,
): Promise<SupervisedInstance> {
  const { control, before } = await new Promise<Held>((resolve, reject) => {
    process.on('message', (message: ToHubProcess) => {
      if (message?.ringcast === 'held') resolve(message);
      else if (message?.ringcast === 'refused') reject(refusal(message));
      else void obey(message, actions);
    });
    process.on('disconnect', orphaned);
    if (!process.connected) orphaned();
    tell({ ringcast: 'hold', plan });
  });
  process.channel?.unref(); // a program that has nothing more to do may end
  await announce(plan.lock);
  return { lock: plan.lock, control, before };
}

/** From now on the end of this process is no accident. */
export function tellStopping(): void {
  tell({ ringcast: 'stopping' });
}

/** Under a name beside the lock's: so the next daemon waits until this process is gone, should the supervisor be killed. */
async function announce(lock: string): Promise<void> {
  const taken = await InstanceLock.acquire(hubProcessLock(lock));
  if (taken instanceof InstanceLock) return;
  throw new Failure(
    ExitCode.FAILURE,
    `Process ${taken.pid ?? '(unknown)'} serves the hub of ${lock} already.`,
    {
      remedy: 'End it.',
    },
  );
}

function orphaned(): void {
  log.err('the supervisor is gone: this process ends too');
  process.exit(ExitCode.FAILURE);
}

async function obey(message: ToHubProcess | undefined, { routes, stop }: SupervisedActions): Promise<void> {
  if (message?.ringcast === 'stop') stop(message);
  else if (message?.ringcast === 'end now') process.exit(message.exitCode);
  else if (message?.ringcast === 'ask') {
    const { id, route, body } = message;
    try {
      const { status, value } = ControlAnswer.of(await routes[route]?.(body));
      tell({ ringcast: 'answer', id, status, value });
    } catch (error) {
      const { message: text, remedy } = error as Failure;
      tell({ ringcast: 'answer', id, status: statusOf(error), failure: { message: text, remedy } });
    }
  }
}

function tell(message: ToSupervisor): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

function refusal({ message, remedy, exitCode }: Extract<ToHubProcess, { ringcast: 'refused' }>): Failure {
  return new Failure((exitCode ?? ExitCode.FAILURE) as ExitCode, message, { remedy });
}
