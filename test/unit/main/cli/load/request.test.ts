import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { flagName } from '../../../../../src/main/cli/load/flag';
import { planRounds } from '../../../../../src/main/cli/load/plans';
import { type Given, readRequest } from '../../../../../src/main/cli/load/request';
import { removeFolders, temporaryFolder } from '../../../../support/temporary';

afterEach(removeFolders);

/** Nobody's home: files of this machine's user are not read. */
function given(flags: Given['flags']['texts'] = {}, rest: Partial<Given> & { home?: string } = {}): Given {
  const { environment, home = '/nowhere', ...others } = rest;
  return {
    flags: { texts: flags, nameOf: flagName, folder: process.cwd() },
    environment: { XDG_CONFIG_HOME: home, ...environment },
    ...others,
  };
}

/** Writes a file into a folder of its own. */
function file(name: string, content: string | object): string {
  const place = path.join(temporaryFolder(), name);
  mkdirSync(path.dirname(place), { recursive: true });
  writeFileSync(place, typeof content === 'string' ? content : JSON.stringify(content));
  return place;
}

const optionsOf = async (request: Given) => (await readRequest(request)).rounds[0]!.options;

describe('who goes before whom', () => {
  const user = () =>
    path.dirname(
      path.dirname(
        file(
          'ringcast/config.yaml',
          'port: 8080\nbench: { clients: 5, rate: 5, seed: 5, size: 500, workers: 5 }',
        ),
      ),
    );
  const config = () =>
    file(
      'bench.yaml',
      'clients: 4\nrate: 4\nseed: 4\nsize: 400\nscenarios: { one: { clients: 3, rate: 3, seed: 3 } }',
    );
  const environment = { RINGCAST_BENCH_CLIENTS: '2', RINGCAST_BENCH_RATE: '2' };

  test('flags, environment, scenario, file, user file', async () => {
    const options = await optionsOf(
      given({ clients: ['1'] }, { environment, config: config(), home: user() }),
    );
    expect(options).toMatchObject({
      clients: 1,
      ratePerSecond: 2,
      seed: 3,
      sizeBytes: [{ minBytes: 400 }],
      workers: 5,
      name: 'one',
    });
  });

  test('each value tells who said it', async () => {
    const [place, home] = [config(), user()];
    const { origins } = await readRequest(given({ clients: ['1'] }, { environment, config: place, home }));
    expect(origins).toMatchObject({
      clients: '--clients',
      rate: 'RINGCAST_BENCH_RATE',
      size: `${place}:4: size`,
      workers: `${path.join(home, 'ringcast/config.yaml')}:2: bench.workers`,
    });
  });

  test('a variable says it where nothing else does, and lists are separated by commas', async () => {
    const options = await optionsOf(
      given(
        {},
        {
          environment: {
            RINGCAST_BENCH_THRESHOLD: 'lost == 0, response.p99 < 1s',
            RINGCAST_BENCH_COMPRESSION: 'false',
          },
        },
      ),
    );
    expect(options).toMatchObject({ thresholds: ['lost == 0', 'response.p99 < 1s'], compression: false });
  });

  test('a file of variables goes behind the environment', async () => {
    const envFile = file('.env', 'RINGCAST_BENCH_CLIENTS=7\nRINGCAST_BENCH_RATE=7\nOTHER=x\n');
    expect(await optionsOf(given({}, { environment, envFile }))).toMatchObject({
      clients: 2,
      ratePerSecond: 2,
    });
    expect(await optionsOf(given({}, { envFile }))).toMatchObject({ clients: 7, ratePerSecond: 7 });
  });

  test('a list of flags is all that holds: nothing of a file is added', async () => {
    const place = file('bench.yaml', 'threshold: [lost == 0, errors == 0]');
    expect(await optionsOf(given({ threshold: ['corrupt == 0'] }, { config: place }))).toMatchObject({
      thresholds: ['corrupt == 0'],
    });
  });
});

describe('files', () => {
  test('scenarios are rounds, in their order, each with a name', async () => {
    const config = file('bench.json', {
      $schema: 'x',
      url: 'ws://127.0.0.1:1/',
      duration: '1s',
      label: { branch: 'main' },
      header: { 'X-One': 1 },
      scenarios: {
        small: { clients: 1 },
        big: { clients: '2k', url: 'ws://127.0.0.1:2/', label: ['a=b'] },
        same: null,
      },
    });
    const { rounds } = await readRequest(given({}, { config }));
    expect(rounds.map(({ name }) => name)).toEqual(['small', 'big', 'same']);
    expect(rounds.map(({ options }) => options)).toMatchObject([
      {
        clients: 1,
        url: 'ws://127.0.0.1:1/',
        durationMs: 1_000,
        labels: { branch: 'main' },
        headers: { 'X-One': '1' },
      },
      { clients: 2_000, url: 'ws://127.0.0.1:2/', labels: { a: 'b' } },
      { url: 'ws://127.0.0.1:1/' },
    ]);
  });

  test('a scenario for each target is a round', async () => {
    const config = file('b.yaml', 'target: [ws-loop, ringcast]\nscenarios: { a: {}, b: {} }');
    const { rounds } = await readRequest(given({}, { config }));
    expect(rounds.map(({ name }) => name)).toEqual(['a ws-loop', 'a ringcast', 'b ws-loop', 'b ringcast']);
  });

  test('a module may be one, and a function in it', async () => {
    const config = file(
      'bench.cjs',
      'module.exports = () => ({ clients: 1 + 1, stage: ["1s:10", "2s:..20"] })',
    );
    expect(await optionsOf(given({}, { config }))).toMatchObject({
      clients: 2,
      stages: [
        { durationMs: 1_000, ratePerSecond: 10, ramp: false },
        { durationMs: 2_000, ratePerSecond: 20, ramp: true },
      ],
    });
  });

  test('paths are meant from the folder of the file', async () => {
    const config = file('b.yaml', 'tokenFile: secret.txt\npayloadFile: lines.txt');
    writeFileSync(path.join(path.dirname(config), 'secret.txt'), 'abc\n');
    writeFileSync(path.join(path.dirname(config), 'lines.txt'), 'one\r\ntwo\n');
    expect(await optionsOf(given({}, { config }))).toMatchObject({
      headers: { Authorization: 'Bearer abc' },
      payload: { lines: ['one', 'two'] },
    });
  });

  test('all faults are told at once, with the line and the path of the key', async () => {
    const config = file(
      'b.yaml',
      'clients: many\nconnect-rate: 5\nclinets: 3\nduration: [1s, 2s]\nscenarios:\n  a:\n    rate: fast\n    json: true\n  b: 5\n',
    );
    await expect(readRequest(given({}, { config }))).rejects.toThrow(
      [
        '7 faults:',
        `  ${config}:2: connect-rate is not known. Did you mean connectRate?`,
        `  ${config}:3: clinets is not known. Did you mean clients?`,
        `  ${config}:4: duration must be one value, not a list`,
        `  ${config}:8: scenarios.a.json is for the whole file, not for one scenario`,
        `  ${config}:9: scenarios.b must be keys with values`,
      ].join('\n'),
    );
    await expect(readRequest(given({}, { config }))).rejects.toThrow(
      `${config}:1: clients is "many": it must be a whole number, 0 or more, such as 500, 20k or 1M`,
    );
    await expect(readRequest(given({}, { config }))).rejects.toThrow(
      `${config}:7: scenarios.a.rate is "fast"`,
    );
  });

  test('one that is not there, or is no YAML', async () => {
    await expect(readRequest(given({}, { config: '/nowhere.yaml' }))).rejects.toThrow(
      'There is no configuration file /nowhere.yaml.',
    );
    await expect(readRequest(given({}, { config: file('b.yaml', 'a: [') }))).rejects.toThrow(
      'has a fault:\n  line 1: ',
    );
    await expect(readRequest(given({}, { config: file('b.cjs', 'throw new Error("oh")') }))).rejects.toThrow(
      'Cannot load',
    );
  });
});

describe('schedules', () => {
  test('a ramp goes first, and the rest at its rate', async () => {
    expect(await optionsOf(given({ ramp: ['100..1k/2s'], duration: ['3s'] }))).toMatchObject({
      stages: [
        { ratePerSecond: 100, ramp: false },
        { durationMs: 2_000, ratePerSecond: 1_000, ramp: true },
        { durationMs: 3_000, ratePerSecond: 1_000, ramp: false },
      ],
    });
  });

  test('a spike is the middle sixth', async () => {
    const { stages } = await optionsOf(given({ spike: ['10'], duration: ['6s'], rate: ['50'] }));
    expect(stages).toEqual([
      { durationMs: 2_500, ratePerSecond: 50, ramp: false },
      { durationMs: 1_000, ratePerSecond: 500, ramp: false },
      { durationMs: 2_500, ratePerSecond: 50, ramp: false },
    ]);
  });

  test('a soak is an hour, unless somebody says otherwise', async () => {
    expect(await optionsOf(given({ soak: ['true'] }))).toMatchObject({
      durationMs: 3_600_000,
      warmupMs: 60_000,
    });
    expect(await optionsOf(given({ soak: ['true'], duration: ['2h'] }))).toMatchObject({
      durationMs: 7_200_000,
    });
  });
});

describe('wrong requests', () => {
  const url = 'ws://127.0.0.1:1/';
  const cases: [title: string, request: Given, message: string][] = [
    [
      'a URL of the web',
      given({}, { url: 'http://x/y' }),
      '"http://x/y" is not the URL of a WebSocket: it must be a URL that begins with ws:// or wss://. Did you mean ws://x/y?',
    ],
    [
      'two schedules',
      given({ ramp: ['0..1/1s'], spike: ['2'] }),
      '--ramp and --spike cannot go together: give one of them',
    ],
    [
      'stages and a duration',
      given({ stage: ['1s:1'], duration: ['1s'] }),
      '--duration cannot go with --stage, which has its own',
    ],
    [
      'a URL for a server of ours',
      given({ target: ['ws-loop'] }, { url }),
      '--target starts a server of its own: give no URL with it',
    ],
    [
      'a target that is none',
      given({ target: ['ws-lop'] }),
      '--target is "ws-lop": it must be one of ringcast, ws-loop',
    ],
    [
      'a command without --on-port',
      given({}, { url, command: ['node', 'x.js'] }),
      'node x.js is a command: --on-port starts it',
    ],
    [
      '--on-port without a command',
      given({ onPort: ['true'] }, { url }),
      '--on-port needs a command: ringcast bench URL --on-port -- node server.js',
    ],
    ['--on-port without a URL', given({ onPort: ['true'] }, { command: ['x'] }), '--on-port needs a URL'],
    ['--linger without --ui', given({ linger: ['true'] }), '--linger needs --ui: it keeps the page'],
    ['agents without a token', given({ agents: ['a:7070'] }), '--agents needs --agent-token-file'],
    [
      'a token file that is not there',
      given({ tokenFile: ['/nowhere'] }),
      '--token-file names /nowhere, which cannot be read (ENOENT)',
    ],
    [
      'a variable that is none',
      given({}, { environment: { RINGCAST_BENCH_CLINTS: '1' } }),
      'RINGCAST_BENCH_CLINTS is not known. Did you mean RINGCAST_BENCH_CLIENTS?',
    ],
    [
      'a variable with a wrong value',
      given({}, { environment: { RINGCAST_BENCH_CLIENTS: 'x' } }),
      'RINGCAST_BENCH_CLIENTS is "x": it must be a whole number',
    ],
    [
      'an env file that is not there',
      given({}, { envFile: '/nowhere' }),
      '--env-file names /nowhere, which is not there',
    ],
  ];
  test.each(cases)('%s', async (_, request, message) => {
    await expect(readRequest(request)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining(message),
    });
  });

  test('the lines of a file of headers are not shown: they may be secret', async () => {
    const headers = file('h.txt', 'X-Good: 1\nhush hush\n');
    const failure = await readRequest(given({ header: [`@${headers}`] })).catch((error: Error) => error);
    expect(failure).toMatchObject({
      message: expect.stringContaining(`--header @${headers}:2 must be of the form "Name: value"`),
    });
    expect((failure as Error).message).not.toContain('hush');
  });

  test('what the library refuses is told by the names of the flags, all at once', async () => {
    const request = await readRequest(
      given(
        { clients: ['0'], duration: ['1ms'], threshold: ['resp.p99<5ms'] },
        { environment: { RINGCAST_BENCH_PRODUCERS: '0' } },
      ),
    );
    expect(() => planRounds(request)).toThrow(/^4 faults:/);
    expect(() => planRounds(request)).toThrow('--clients must be a whole number from 1 to 1000000, and is 0');
    expect(() => planRounds(request)).toThrow('--duration (durationMs) must be a number from 10');
    expect(() => planRounds(request)).toThrow('RINGCAST_BENCH_PRODUCERS must be');
    expect(() => planRounds(request)).toThrow('there is no metric "resp.p99"');
  });
});
