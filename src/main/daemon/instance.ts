/**
 * What makes a process the one of its lock: the lock itself, the pid file, the control socket. They last until it ends.
 *
 * Thread: the main one.
 */
import { rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ExitCode } from '../cli/exit-codes';
import { Failure } from '../cli/failure';
import { type ControlRoutes, ControlServer } from './control-server';
import { holderOf, InstanceLock, lockName } from './instance-lock';
import { writePidFile } from './pid-file';
import { controlSocketOf } from './places';

/** A hub process whose supervisor was killed ends by itself; so long it is waited for. */
const ORPHAN_LIMIT_MS = 5_000;
const ORPHAN_LOOK_MS = 10;

/** Somebody holds them: this process, or its supervisor. Absolute paths. */
export interface HeldInstance {
  readonly lock: string;
  readonly control: string;
}

/** What a hub process holds beside its supervisor's lock: so nobody begins before it is gone. */
export function hubProcessLock(lock: string): string {
  return `${lock}.hub`;
}

export class Instance implements HeldInstance {
  readonly lock: string;
  readonly control: string;

  private constructor(lock: string) {
    this.lock = lock;
    this.control = controlSocketOf(lock);
  }

  /**
   * @param lock absolute path of the lock and pid file
   * @throws {Failure} ALREADY_RUNNING, with who holds the lock; FAILURE if a file cannot be made
   */
  static async open(lock: string, routes: ControlRoutes): Promise<Instance> {
    if (!statSync(path.dirname(lock), { throwIfNoEntry: false })?.isDirectory()) {
      throw new Failure(ExitCode.FAILURE, `There is no folder ${path.dirname(lock)} for the lock.`, {
        remedy: 'Make it, or choose another place with --lock.',
      });
    }
    const taken = await InstanceLock.acquire(lock);
    if (!(taken instanceof InstanceLock)) {
      const who = taken.pid === undefined ? 'another process' : `process ${taken.pid}`;
      throw new Failure(ExitCode.ALREADY_RUNNING, `Already running: ${who} holds the lock ${lock}.`, {
        remedy: `End it with ringcast stop --lock ${lock}, or start another one with another --name or --lock.`,
      });
    }
    const instance = new Instance(lock);
    try {
      await orphanGone(lock);
      await ControlServer.listen(instance.control, routes);
      writePidFile(lock);
    } catch (cause) {
      taken.release();
      if (cause instanceof Failure) throw cause;
      throw new Failure(ExitCode.FAILURE, `Cannot use the lock ${lock}: ${(cause as Error).message}.`, {
        cause,
      });
    }
    // While the lock is still held: so whoever takes it next finds nothing of ours. Node removes the socket's file itself only
    // when the server is closed.
    process.once('exit', () => {
      rmSync(lock, { force: true });
      rmSync(instance.control, { force: true });
    });
    return instance;
  }
}

/** @throws {Failure} if what an earlier daemon left behind does not end */
async function orphanGone(lock: string): Promise<void> {
  const deadline = performance.now() + ORPHAN_LIMIT_MS;
  const name = hubProcessLock(lock);
  for (;;) {
    const orphan = await holderOf(name);
    if (orphan === undefined) return;
    if (performance.now() > deadline) {
      const who = orphan.pid === undefined ? 'A process' : `Process ${orphan.pid}`;
      throw new Failure(
        ExitCode.FAILURE,
        `${who} is left of an earlier daemon, and has not ended within ${ORPHAN_LIMIT_MS / 1_000} s.`,
        { remedy: `It is stuck: find it with ss -xlp | grep ${lockName(name).slice(1)}, and kill -9 it.` },
      );
    }
    await delay(ORPHAN_LOOK_MS);
  }
}
