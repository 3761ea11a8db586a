import { readFileSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { LogFile } from '../../../../src/main/daemon/log-file';
import { testOnLinux } from '../../../support/platform';
import { removeFolders, temporaryFolder } from '../../../support/temporary';

afterEach(removeFolders);

const inFolder = (name: string) => path.join(temporaryFolder(), name);

describe('a log file', () => {
  test('is appended to, at once', () => {
    const file = inFolder('x.log');
    writeFileSync(file, 'before\n');
    new LogFile(file).write('line\n');
    expect(readFileSync(file, 'utf8')).toBe('before\nline\n');
  });

  test('has its folder made', () => {
    const file = inFolder('a/b/x.log');
    new LogFile(file).write('line\n');
    expect(readFileSync(file, 'utf8')).toBe('line\n');
  });

  test('goes on in a new file after a rotation, and in the old one if there can be no new one', () => {
    const file = inFolder('x.log');
    const old = `${file}.1`;
    const log = new LogFile(file);
    log.write('1\n');
    renameSync(file, old);
    log.write('2\n');
    log.reopen();
    log.write('3\n');
    expect([readFileSync(old, 'utf8'), readFileSync(file, 'utf8')]).toEqual(['1\n2\n', '3\n']);
    renameSync(file, old);
    symlinkSync('/none/such', file);
    expect(() => log.reopen()).toThrow('ENOENT');
    log.write('4\n');
    expect(readFileSync(old, 'utf8')).toBe('3\n4\n');
  });

  testOnLinux('counts what a full disk does not take, and tells of it as soon as there is room', () => {
    const file = inFolder('x.log');
    symlinkSync('/dev/full', file);
    const log = new LogFile(file);
    log.write('lost\n');
    log.write('lost too\n');
    expect(log.lost).toBe(2);
    unlinkSync(file);
    log.reopen();
    log.write('line\n');
    expect(log.lost).toBe(0);
    expect(readFileSync(file, 'utf8')).toMatch(
      /^\S+Z err 2 pieces of the log could not be written: ENOSPC.*\nline\n$/,
    );
    rmSync(file);
  });
});
