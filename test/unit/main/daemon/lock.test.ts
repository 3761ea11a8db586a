import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { holderOf, InstanceLock, lockName } from '../../../../src/main/daemon/instance-lock';
import { readPidFile, writePidFile } from '../../../../src/main/daemon/pid-file';
import { startTimeOf } from '../../../../src/main/daemon/process-identity';
import { endAll, whenOver } from '../../../support/hubs';
import { describeOnLinux } from '../../../support/platform';
import { removeFolders, temporaryFolder } from '../../../support/temporary';

afterEach(async () => {
  await endAll();
  removeFolders();
});

async function acquire(file: string) {
  const taken = await InstanceLock.acquire(file);
  if (taken instanceof InstanceLock) whenOver(() => taken.release());
  return taken;
}

async function sleeper(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  whenOver(() => child.kill('SIGKILL'));
  await once(child, 'spawn');
  return child;
}

describeOnLinux('a lock', () => {
  test('is had by one, and says by whom', async () => {
    const file = path.join(temporaryFolder(), 'x.pid');
    expect(await holderOf(file)).toBeUndefined();
    const lock = await acquire(file);
    expect(lock).toBeInstanceOf(InstanceLock);
    expect(await acquire(file)).toEqual({ pid: process.pid });
    expect(await holderOf(file)).toEqual({ pid: process.pid });
    (lock as InstanceLock).release();
    expect(await holderOf(file)).toBeUndefined();
    expect(await acquire(file)).toBeInstanceOf(InstanceLock);
  });

  test('is free as soon as its holder is killed', async () => {
    const file = path.join(temporaryFolder(), 'x.pid');
    const program = `
      require('ts-node/register/transpile-only');
      const { InstanceLock } = require('./src/main/daemon/instance-lock.ts');
      InstanceLock.acquire(${JSON.stringify(file)}).then(() => console.log('held'));
      setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    whenOver(() => holder.kill('SIGKILL'));
    await once(holder.stdout, 'data');
    expect(await acquire(file)).toEqual({ pid: holder.pid });
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect(await acquire(file)).toBeInstanceOf(InstanceLock);
  });

  test('is the same by every path to its folder, and another for another name', async () => {
    const folder = temporaryFolder();
    symlinkSync(folder, path.join(folder, 'link'));
    await acquire(path.join(folder, 'x.pid'));
    expect(await holderOf(path.join(folder, 'link', 'x.pid'))).toEqual({ pid: process.pid });
    expect(await holderOf(path.join(folder, 'y.pid'))).toBeUndefined();
  });

  test('of a holder that does not answer is known by the pid file', async () => {
    const file = path.join(temporaryFolder(), 'x.pid');
    // A connection that is paused never learns that the other side is gone.
    const mute = net.createServer({ pauseOnConnect: true }, (socket) => whenOver(() => socket.destroy()));
    mute.listen(lockName(file));
    whenOver(() => mute.close());
    await once(mute, 'listening');
    expect(await holderOf(file)).toEqual({ pid: undefined });
    writePidFile(file);
    expect(await holderOf(file)).toEqual({ pid: process.pid });
  });
});

describeOnLinux('a pid file', () => {
  test('names this process, for owner and group to read', () => {
    const file = path.join(temporaryFolder(), 'x.pid');
    const umask = process.umask(0);
    writePidFile(file);
    process.umask(umask);
    expect(readFileSync(file, 'utf8')).toBe(`${process.pid}\n${startTimeOf(process.pid)}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(readPidFile(file)).toBe(process.pid);
    expect(readdirSync(path.dirname(file))).toEqual(['x.pid']);
  });

  test('takes the place of one that was left behind, whole or half written', () => {
    const file = path.join(temporaryFolder(), 'x.pid');
    writeFileSync(file, '1\n1\n');
    writeFileSync(`${file}.new`, '4');
    writePidFile(file);
    expect(readPidFile(file)).toBe(process.pid);
    expect(readdirSync(path.dirname(file))).toEqual(['x.pid']);
  });

  test('follows no link that somebody laid', () => {
    const folder = temporaryFolder();
    const file = path.join(folder, 'x.pid');
    writeFileSync(path.join(folder, 'precious'), 'mine');
    symlinkSync(path.join(folder, 'precious'), file);
    symlinkSync(path.join(folder, 'precious'), `${file}.new`);
    writePidFile(file);
    expect(readFileSync(path.join(folder, 'precious'), 'utf8')).toBe('mine');
    expect(readPidFile(file)).toBe(process.pid);
  });

  test('means nobody when its process is gone, or its number is used again', async () => {
    const file = path.join(temporaryFolder(), 'x.pid');
    const { pid } = await sleeper();
    writeFileSync(file, `${pid}\n${startTimeOf(pid as number)}\n`);
    expect(readPidFile(file)).toBe(pid);
    writeFileSync(file, `${pid}\n${Number(startTimeOf(pid as number)) - 1}\n`);
    expect(readPidFile(file)).toBeUndefined();
    for (const text of ['', 'x', `${pid}`, `-${pid}\n1\n`, '0\nundefined\n', '99999999\nundefined\n']) {
      writeFileSync(file, text);
      expect(readPidFile(file)).toBeUndefined();
    }
    expect(readPidFile(path.join(path.dirname(file), 'none'))).toBeUndefined();
  });
});
