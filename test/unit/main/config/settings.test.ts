import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Given, readSettings } from '../../../../src/main/config/settings';
import { levelMask } from '../../../../src/shared/log';
import { removeFolders, temporaryFolder } from '../../../support/temporary';

afterEach(removeFolders);

const given = (values: Given['values']): Given => ({ values, origins: {} });

function withFile(text: string, values: Given['values'] = {}): Given {
  const config = path.join(temporaryFolder(), 'x.yaml');
  writeFileSync(config, text);
  return given({ ...values, config });
}

function faultsOf(text: string): string[] {
  try {
    readSettings(withFile(text));
  } catch (error) {
    const [, ...faults] = (error as Error).message.split('\n');
    return faults.map((fault) => fault.trim());
  }
  throw new Error('there is no fault in it');
}

describe('settings', () => {
  test('without anything said, the port stays the same from start to start', () => {
    expect(readSettings(given({})).hub).toMatchObject({ host: '127.0.0.1', port: 8080 });
  });

  test('a file may be YAML or JSON, empty, or all comments', () => {
    expect(readSettings(withFile('maxConnections: 5 # five\n')).hub.maxConnections).toBe(5);
    expect(readSettings(withFile('{"maxConnections": 5}')).hub.maxConnections).toBe(5);
    expect(readSettings(withFile('')).hub.port).toBe(8080);
    expect(readSettings(withFile('# nothing\n')).hub.port).toBe(8080);
  });

  test('what ringcast bench has in the same file is no fault, and no setting of a hub', () => {
    const { hub } = readSettings(withFile('maxConnections: 5\nbench: { clients: 7 }'));
    expect(hub).toMatchObject({ maxConnections: 5 });
    expect(hub).not.toHaveProperty('bench', expect.anything());
  });

  test('sizes may carry a unit where they are bytes', () => {
    const { hub } = readSettings(
      withFile('maxMessageBytes: 1MiB\nring: {laneBytes: 64KiB}\nchannels: {a: {maxLagBytes: 1kB}}\n'),
    );
    expect(hub).toMatchObject({
      maxMessageBytes: 1_048_576,
      ring: { laneBytes: 65_536 },
      channels: { a: { maxLagBytes: 1_000 } },
    });
    expect(faultsOf('maxConnections: 1kB\n')).toEqual([
      'line 1: maxConnections is "1kB": it must be a whole number from 0',
    ]);
  });

  test('relative paths are meant from the folder of the file', () => {
    const where = withFile('channels: {a: {handler: ./a.cjs}}\nlog: {file: x.log}\n');
    const folder = path.dirname(where.values.config as string);
    writeFileSync(path.join(folder, 'a.cjs'), '');
    const { hub, logFile } = readSettings(where);
    expect(hub.channels?.a.handler).toBe(path.join(folder, 'a.cjs'));
    expect(logFile).toBe(path.join(folder, 'x.log'));
  });

  test('levels of the log are names, syslog is true or an address, and quiet is only a default', () => {
    expect(readSettings(given({})).hub.logLevel).toBe(levelMask('notice'));
    expect(readSettings(given({}), { quiet: true }).hub.logLevel).toBe(levelMask('warn'));
    const { hub, syslog, entries } = readSettings(withFile('log: {levels: [err, debug], syslog: true}'), {
      quiet: true,
    });
    expect({ levels: hub.logLevel, syslog }).toEqual({ levels: levelMask(['err', 'debug']), syslog: true });
    expect(entries).toContainEqual(expect.objectContaining({ key: 'log.levels', value: 'err,debug' }));
    expect(readSettings(withFile('log: {levels: info}', { logLevel: levelMask('err') })).hub.logLevel).toBe(
      1,
    );
  });

  test('certificates are read', () => {
    const where = withFile('tls: {key: k.pem, cert: c.pem}\n');
    const folder = path.dirname(where.values.config as string);
    for (const name of ['k', 'c']) writeFileSync(path.join(folder, `${name}.pem`), `the ${name}`);
    expect(readSettings(where).hub.tls).toEqual({ key: 'the k', cert: 'the c' });
    expect(readSettings(where).entries).toContainEqual(
      expect.objectContaining({ key: 'tls.key', value: '(not shown)' }),
    );
  });

  test('--channel says which channels there are, the file how they are, --slow holds for all', () => {
    const file = 'channels: {a: {maxLagMs: 1}, b: {maxLagMs: 2}, "*": {maxLagMs: 3}}\n';
    expect(readSettings(withFile(file, { channel: ['a', 'c'], slow: 'wait' })).hub.channels).toEqual({
      a: { maxLagMs: 1, slow: 'wait' },
      c: { maxLagMs: 3, slow: 'wait' },
    });
  });

  test('the channel of standard input is allowed, and its peers are waited for unless the file says otherwise', () => {
    expect(readSettings(given({ channel: ['a'] }), { stdinChannel: 'log' }).hub.channels).toEqual({
      a: { slow: 'wait' },
      log: { slow: 'wait' },
    });
    expect(
      readSettings(withFile('channels: {log: {slow: disconnect}}'), { stdinChannel: 'log' }).hub.channels,
    ).toEqual({
      log: { slow: 'disconnect' },
    });
    expect(readSettings(given({}), { stdinChannel: 'log' }).hub.channels).toEqual({ '*': { slow: 'wait' } });
  });

  test('a channel may have any name that a channel may have', () => {
    const { hub } = readSettings(withFile('channels: {constructor: {maxLagMs: 1}, a/b: {}, "7": }\n'));
    expect(Object.keys(hub.channels ?? {}).sort()).toEqual(['7', 'a/b', 'constructor']);
    expect(hub.channels?.constructor).toMatchObject({ maxLagMs: 1 });
  });
});

describe('faults', () => {
  test.each([
    ['port: http', 'line 1: port is "http": it must be a whole number from 0 to 65535'],
    ['host: 5', 'line 1: host is 5: it must be a text'],
    ['path: live', 'line 1: path is "live": it must begin with \'/\''],
    ['ring: 5', 'line 1: ring is 5: it must be keys with values'],
    ['ring: {laneBytes: 100000}', 'line 1: ring.laneBytes is 100000: it must be a power of two'],
    ['channels: [a]', 'line 1: channels is ["a"]: it must be keys with values'],
    ['port:', 'line 1: port is empty: it must be a whole number from 0 to 65535'],
    ['- 5', 'line 1: the file is [5]: it must be keys with values'],
    ['host: a\nhost: b', 'line 2: Map keys must be unique'],
    [
      'log: {level: info}',
      /^line 1: log\.level is not known: there are file, levels, syslog\. Did you mean levels\?$/,
    ],
    ['log: {levels: loud}', /^line 1: log\.levels is "loud": it must be one of err, warn,/],
    ['log: {syslog: http://x}', /^line 1: log\.syslog is "http:\/\/x": it must be a path such as \/dev\/log/],
  ])('%j is told by line: %s', (text, fault) => {
    if (typeof fault === 'string') expect(faultsOf(text)).toEqual([fault]);
    else expect(faultsOf(text)).toEqual([expect.stringMatching(fault)]);
  });

  test('a name of more than 255 bytes is no channel', () => {
    expect(faultsOf(`channels:\n  ${'x'.repeat(256)}: {}\n`)).toEqual([
      expect.stringMatching(/^line 2: channels\.x+ cannot be: channel name of 256 bytes/),
    ]);
  });

  test('are told with their line in a file of many', () => {
    expect(faultsOf('port: 1\n\nring:\n  laneBytes: 8KiB\n  maxProducers: 0\npong: 1\n')).toEqual([
      'line 5: ring.maxProducers is 0: it must be a whole number from 1 to 1023',
      expect.stringMatching(/^line 6: pong is not known/),
    ]);
  });

  test('YAML that is none is told by line', () => {
    expect(faultsOf('port: 1\nhost: "open\n')).toEqual([
      expect.stringMatching(/^line \d: Missing closing "quote/),
    ]);
  });

  test('what only shows when all is put together is told too', () => {
    const where = withFile('tls: {key: k.pem}\n');
    writeFileSync(path.join(path.dirname(where.values.config as string), 'k.pem'), 'the key');
    expect(() => readSettings(where)).toThrow('tls needs both key and cert');
  });
});
