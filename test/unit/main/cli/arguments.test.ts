import {
  channelName,
  logLevels,
  powerOfTwo,
  seconds,
  size,
  syslogAddress,
  wholeNumber,
} from '../../../../src/main/cli/arguments';
import { wantsColor } from '../../../../src/main/cli/terminal';

describe('sizes', () => {
  test.each([
    ['0', 0],
    ['65536', 65_536],
    ['100B', 100],
    ['64KiB', 65_536],
    ['64kib', 65_536],
    ['1 MiB', 1_048_576],
    ['1.5MiB', 1_572_864],
    ['1GiB', 2 ** 30],
    ['1kB', 1_000],
    ['2MB', 2_000_000],
  ])('%s is %d bytes', (text, bytes) => {
    expect(size(0, 2 ** 40)(text)).toBe(bytes);
  });

  test.each(['', 'KiB', '-1', '1e3', '0x10', '1XB', '1.2.3', 'one', '1 KiB 2'])('%j is none', (text) => {
    expect(() => size(0, 2 ** 40)(text)).toThrow('such as 65536, 64KiB or 1MiB');
  });

  test('a part of a byte is none', () => {
    expect(() => size(0, 10)('1.5')).toThrow('from 0 to 10 bytes');
  });

  test('a power of two is asked for with its neighbours', () => {
    expect(powerOfTwo(1, 2 ** 20)('64KiB')).toBe(65_536);
    expect(() => powerOfTwo(1, 2 ** 20)('100000')).toThrow('such as 65536 or 131072');
  });
});

test.each(['', '-1', '1.5', '1e2', 'a', '11', ' 1'])('%j is no whole number from 0 to 10', (text) => {
  expect(() => wholeNumber(0, 10)(text)).toThrow('from 0 to 10');
});

test.each(['', '0', '-1', 'a', '1s', '9999999'])('%j is no number of seconds', (text) => {
  expect(() => seconds(text)).toThrow('seconds above 0');
});

test.each(['', '*', 'x'.repeat(256)])('%j is no channel', (text) => {
  expect(() => channelName(text)).toThrow('1 to 255 bytes');
});

describe('colour', () => {
  const terminal = { isTTY: true } as NodeJS.WriteStream;
  const file = { isTTY: false } as NodeJS.WriteStream;

  test.each([
    ['on a terminal', true, terminal, {}, []],
    ['not in a file', false, file, {}, []],
    ['not with NO_COLOR', false, terminal, { NO_COLOR: '1' }, []],
    ['with NO_COLOR empty', true, terminal, { NO_COLOR: '' }, []],
    ['not with --no-color', false, terminal, { FORCE_COLOR: '1' }, ['--no-color']],
    ['not on a dumb terminal', false, terminal, { TERM: 'dumb' }, []],
    ['in a file with FORCE_COLOR', true, file, { FORCE_COLOR: '1' }, []],
    ['not with FORCE_COLOR=0', false, terminal, { FORCE_COLOR: '0' }, []],
  ])('%s', (_title, wanted, stream, environment, argv) => {
    expect(wantsColor(stream, environment, argv)).toBe(wanted);
  });
});

describe('levels of the log', () => {
  test.each([
    ['notice', 7],
    ['debug', 31],
    ['none', 0],
    ['err,debug', 17],
    ['err, info', 9],
  ])('%s is the mask %d', (text, mask) => {
    expect(logLevels(text)).toBe(mask);
  });

  test.each(['', 'loud', 'err,', 'none,err', '3'])('%j are none', (text) => {
    expect(() => logLevels(text)).toThrow('one of err, warn, notice, info, debug (and what is more severe)');
  });
});

test('an address of syslog is taken as it is, if it is one', () => {
  expect(syslogAddress('udp://localhost:514')).toBe('udp://localhost:514');
  expect(() => syslogAddress('localhost')).toThrow('udp://host:port');
});
