/**
 * What makes a process the one of its lock: the lock itself, the pid file, the control socket. They last until it ends.
 *
 * Thread: the main one.
 */
import { rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { ExitCode } from '../cli/exit-codes';
import { Failure } from '../cli/failure';
import { type ControlRoutes, ControlServer } from './control-server';
import { InstanceLock } from './instance-lock';
import { writePidFile } from './pid-file';
import { controlSocketOf } from './places';

export class Instance {
  /** Absolute paths. */
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
