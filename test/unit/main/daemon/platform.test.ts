import { daemonize } from '../../../../src/main/daemon/daemonize';
import { checkPlatform } from '../../../../src/main/daemon/platform';
import { describeOnLinux } from '../../../support/platform';

describe('where there are no daemons', () => {
  test.each([
    ['win32', 'NSSM'],
    ['darwin', 'launchd'],
    ['freebsd', "your system's service manager"],
  ])('%s: says what to do instead', (platform, remedy) => {
    expect(() => checkPlatform(platform, true)).toThrow(
      expect.objectContaining({
        code: 'RINGCAST_E_DAEMON_UNSUPPORTED',
        message: expect.stringContaining(
          `there are daemons on Linux only, and this is ${platform}: use \`ringcast run\``,
        ),
      }),
    );
    expect(() => checkPlatform(platform, true)).toThrow(remedy);
  });

  test('a worker thread: says what to do instead', () => {
    expect(() => checkPlatform('linux', false)).toThrow('call daemonize in the main thread');
  });

  test('Linux, in the main thread: nothing is wrong', () => {
    expect(() => checkPlatform('linux', true)).not.toThrow();
  });
});

describeOnLinux('options of daemonize', () => {
  test.each([
    [undefined, 'options is undefined'],
    [{}, 'lock is undefined: it must be a path'],
    [{ lock: '' }, 'lock is "": it must be a path'],
    [{ lock: 'x', loc: 1 }, 'unknown option loc: there are lock, logFile'],
    [{ lock: 'x', umask: 0o1000 }, 'umask is 512: it must be an integer from 0 to 511'],
    [{ lock: 'x', startTimeoutMs: 0 }, 'startTimeoutMs is 0: it must be an integer from 1'],
    [{ lock: 'x', umask: '027' }, 'umask is 027: it must be a number'],
  ])('%j is refused before anything is started', async (options, message) => {
    await expect(daemonize(options as never)).rejects.toThrow(message);
  });
});
