/** Where daemons can live. Thread: any. */
import { isMainThread } from 'node:worker_threads';
import { HubError, HubErrorCode } from '../../shared/errors';

/** What else does the job, by platform. */
const INSTEAD: { [platform: string]: string } = {
  win32: '`ringcast run` as a service, by NSSM or the like',
  darwin: '`ringcast run` under launchd',
};

/** @throws {HubError} DAEMON_UNSUPPORTED, with what to do instead */
export function checkPlatform(platform: string = process.platform, mainThread = isMainThread): void {
  if (!mainThread) {
    throw new HubError(
      HubErrorCode.DAEMON_UNSUPPORTED,
      'a worker thread cannot become a daemon, a process can: call daemonize in the main thread, before it starts others',
    );
  }
  if (platform !== 'linux') {
    const instead = INSTEAD[platform] ?? "`ringcast run` under your system's service manager";
    throw new HubError(
      HubErrorCode.DAEMON_UNSUPPORTED,
      `there are daemons on Linux only, and this is ${platform}: use ${instead}`,
    );
  }
}
