/** Settings of the built command: where they come from, and what is said of faulty ones. */
import { readFileSync, writeFileSync } from 'node:fs';
import { DaemonFolder, endDaemons } from '../support/daemons';
import { RINGCAST } from '../support/program';

afterEach(endDaemons);

const print = (folder: DaemonFolder, args: string[], environment: NodeJS.ProcessEnv = {}) =>
  folder.program(RINGCAST, ['config', 'print', ...args], environment).ended;

describe('settings', () => {
  test('flags go before the environment, that before the file, that before defaults; each says where it comes from', async () => {
    const folder = new DaemonFolder();
    writeFileSync(
      folder.file('x.yaml'),
      'host: 0.0.0.0\nport: 1\npath: /file\nmaxConnections: 3\nring:\n  laneBytes: 8KiB\nlog: { file: my.log }\n',
    );
    const { stdout, code } = await print(
      folder,
      ['--config', 'x.yaml', '--port', '3', '--origin', '--json'],
      { RINGCAST_PORT: '2', RINGCAST_PATH: '/environment' },
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      port: { value: 3, origin: '--port' },
      path: { value: '/environment', origin: 'RINGCAST_PATH' },
      host: { value: '0.0.0.0', origin: `${folder.file('x.yaml')}:1` },
      maxConnections: { value: 3, origin: `${folder.file('x.yaml')}:4` },
      'ring.laneBytes': { value: 8_192, origin: `${folder.file('x.yaml')}:6` },
      'log.file': { value: folder.file('my.log'), origin: `${folder.file('x.yaml')}:7` },
      maxChannels: { value: 4_096, origin: 'default' },
    });
  });

  test('are printed as lines, with --origin behind each', async () => {
    const folder = new DaemonFolder();
    expect((await print(folder, [])).stdout).toContain('port: 8080\nmaxConnections: "no limit"\n');
    expect((await print(folder, ['--origin'], { RINGCAST_SLOW: 'wait' })).stdout).toMatch(
      /^channels\.\*\.slow: "wait" +# RINGCAST_SLOW$/m,
    );
  });

  test('the file may be named by the environment', async () => {
    const folder = new DaemonFolder();
    writeFileSync(folder.file('x.json'), '{ "port": 5 }');
    const { stdout } = await print(folder, ['--json'], { RINGCAST_CONFIG: 'x.json' });
    expect(JSON.parse(stdout).port).toBe(5);
  });

  test('a faulty variable is told by its name', async () => {
    const folder = new DaemonFolder();
    const { code, stderr } = await print(folder, [], { RINGCAST_PORT: 'http' });
    expect(code).toBe(2);
    expect(stderr).toContain("'http' from env 'RINGCAST_PORT' is invalid");
  });
});

describe('ringcast config', () => {
  test('init writes a file that is valid and changes nothing, and overwrites only with --force', async () => {
    const folder = new DaemonFolder();
    expect((await folder.ringcast('config', 'init')).code).toBe(0);
    const template = readFileSync(folder.file('ringcast.yaml'), 'utf8');
    expect(await folder.ringcast('config', 'validate', 'ringcast.yaml')).toMatchObject({
      code: 0,
      stderr: `${folder.file('ringcast.yaml')} is good.\n`,
    });
    expect((await print(folder, ['--config', 'ringcast.yaml'])).stdout).toBe(
      (await print(folder, [])).stdout,
    );
    writeFileSync(folder.file('ringcast.yaml'), 'port: 1\n');
    const { code, stderr } = await folder.ringcast('config', 'init');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'ringcast: ringcast.yaml is there already.\nOverwrite it with --force, or name another file.\n',
    });
    expect((await folder.ringcast('config', 'init', '--force')).code).toBe(0);
    expect(readFileSync(folder.file('ringcast.yaml'), 'utf8')).toBe(template);
    expect((await folder.ringcast('config', 'init', '-')).stdout).toBe(template);
  });

  test('the template is valid with every line in it at work', async () => {
    const folder = new DaemonFolder();
    const { stdout } = await folder.ringcast('config', 'init', '-');
    for (const name of ['orders.mjs', 'key.pem', 'cert.pem', 'tokens'])
      writeFileSync(folder.file(name), 'here');
    const atWork = stdout.replace(/^# (?=\s*["\w]+: |\s*["\w]+:$|\s*["\w*]+: )/gm, '');
    expect(atWork).toMatch(/^port: 8080/m);
    expect(atWork).toMatch(/^ {4}slow: wait/m);
    writeFileSync(folder.file('x.yaml'), atWork.slice(atWork.indexOf('\nhost:')));
    expect(await folder.ringcast('config', 'validate', 'x.yaml')).toMatchObject({ code: 0 });
  });

  test('validate tells all that is wrong, by line', async () => {
    const folder = new DaemonFolder();
    writeFileSync(
      folder.file('x.yaml'),
      'port: 99999\nchannels:\n  ticks:\n    slow: wiat\n    handler: none.js\nprot: 1\n',
    );
    const { code, stdout, stderr } = await folder.ringcast('config', 'validate', 'x.yaml');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toEqual([
      `ringcast: ${folder.file('x.yaml')} has 4 faults:`,
      '  line 1: port is 99999: it must be a whole number from 0 to 65535',
      '  line 4: channels.ticks.slow is "wiat": it must be disconnect or wait or skip or conflate. Did you mean wait?',
      `  line 5: channels.ticks.handler is "none.js": ${folder.file('none.js')} cannot be read (ENOENT)`,
      expect.stringMatching(/^ {2}line 6: prot is not known: there are host, .*\. Did you mean port\?$/),
    ]);
  });

  test.each([
    [['config', '--help']],
    [['config', 'print', '--help']],
    [['start', '--help']],
    [['status', '-h']],
  ])('%j: examples first', async (args) => {
    const folder = new DaemonFolder();
    const { code, stdout } = await folder.ringcast(...args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Examples:\n[\s\S]*\nUsage: ringcast [\s\S]*\nExit codes: 0 good/);
  });
});
