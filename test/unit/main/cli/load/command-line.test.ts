/** Command lines of `ringcast bench`, up to the plan: nothing is started. */
import { benchCommand } from '../../../../../src/main/cli/load/define-bench';
import { planRounds } from '../../../../../src/main/cli/load/plans';
import { readRequest } from '../../../../../src/main/cli/load/request';
import type { LoadOptions } from '../../../../../src/main/load/options';
import type { LoadPlan } from '../../../../../src/shared/load/plan';

/** As a shell splits it: quoted parts stay one. */
function words(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

async function planned(line: string): Promise<{ plan: LoadPlan; options: LoadOptions }> {
  const command = benchCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  const argv = words(line);
  command.action(() => {});
  command.parse(argv, { from: 'user' });
  const given = command.given(argv);
  return planRounds(await readRequest({ ...given, environment: { XDG_CONFIG_HOME: '/nowhere' } }))[0]!;
}

const URL = 'ws://127.0.0.1:1/';

describe('good lines', () => {
  const cases: [line: string, plan: object][] = [
    ['', { mode: 'broadcast', clients: 100, publishers: 1, durationMs: 10_000, warmupMs: 2_000 }],
    [URL, { connect: { url: URL } }],
    [
      `${URL} -c 2000 -p 4 -r 20k -d 30s`,
      { clients: 2_000, publishers: 4, stages: [{ durationMs: 30_000, ratePerSecond: 20_000 }] },
    ],
    [`-c 20 ${URL} -r 5`, { clients: 20, connect: { url: URL } }],
    ['-c1k', { clients: 1_000 }],
    ['--clients=5 --rate=0.5', { clients: 5, stages: [{ ratePerSecond: 0.5 }] }],
    ['-c 1 -c 2', { clients: 2 }],
    ['--mode echo', { mode: 'echo', publishers: 0 }],
    ['--mode idle -c 5', { mode: 'idle', stages: [{ ratePerSecond: 0 }] }],
    ['--churn 20', { mode: 'churn', churnPerSecond: 20 }],
    ['-s 64..4KiB', { payload: { sizes: [{ minBytes: 64, maxBytes: 4_096 }] } }],
    ['-n 10', { maxMessages: 10 }],
    ['--warmup 0 --settle 0 --drain-timeout 1s', { warmupMs: 0, settleMs: 0, drainTimeoutMs: 1_000 }],
    [
      '--stage 1s:10 --stage 2s:..20',
      { durationMs: 3_000, stages: [{ ramp: false }, { ramp: true, ratePerSecond: 20 }] },
    ],
    ['--stage 1s:10,2s:20', { durationMs: 3_000 }],
    [
      '--ramp 0..10k/60s -d 30s',
      { durationMs: 90_000, stages: [{ ramp: true, ratePerSecond: 10_000 }, { durationMs: 30_000 }] },
    ],
    [
      `--spike ${URL} -r 10`,
      { stages: [{ ratePerSecond: 10 }, { ratePerSecond: 100 }, { ratePerSecond: 10 }] },
    ],
    ['--spike=3 -r 10', { stages: [{}, { ratePerSecond: 30 }, {}] }],
    ['--soak', { durationMs: 3_600_000 }],
    ['--text', { payload: { text: true } }],
    ['--payload-fill constant --seed 7', { payload: { fill: { kind: 'constant' } }, seed: 7 }],
    [`${URL} -H 'X-A: 1' -H 'X-B: 2, 3'`, { connect: { headers: { 'X-A': '1', 'X-B': '2, 3' } } }],
    [
      `${URL} --subprotocol a --subprotocol b --origin http://x`,
      { connect: { subprotocols: ['a', 'b'], origin: 'http://x' } },
    ],
    [
      '--connect-rate 50 --connect-timeout 1s --connect-attempts 2',
      { connect: { ratePerSecond: 50, timeoutMs: 1_000, attempts: 2 } },
    ],
    ['--client ws --compression', { connect: { client: 'ws', compression: true } }],
    [`${URL} --insecure`, { connect: { tls: { insecure: true } } }],
    [
      '--slow 5%:64kB/s --slow 2:never-read -c 100',
      {
        slow: [
          { name: '5%:64kB/s', clients: 5 },
          { clients: 2, behaviour: { kind: 'never-read' } },
        ],
      },
    ],
    ['--check none', { checks: [] }],
    ['--check loss,crc', { checks: ['loss', 'content'] }],
    [
      "--threshold 'response.p99 < 50ms' --threshold 'lost == 0'",
      { thresholds: ['response.p99 < 50ms', 'lost == 0'] },
    ],
    [`--abort-on-fail ${URL} --threshold 'lost == 0'`, { abortOnFailMs: 0, connect: { url: URL } }],
    ["--abort-on-fail=5s --threshold 'lost == 0'", { abortOnFailMs: 5_000 }],
    ['--percentiles 50,p99.99', { percentiles: [50, 99.99] }],
    ['--name ticks --label branch=main --label a=b', { name: 'ticks', labels: { branch: 'main', a: 'b' } }],
    ['-w 2 --processes 1', { workers: 2, processes: 1 }],
  ];
  test.each(cases)('bench %s', async (line, plan) => {
    expect((await planned(line)).plan).toMatchObject(plan);
  });

  test('what stands behind -- is the command, its own flags too', async () => {
    const { options } = await planned(`${URL} -c 5 --ready-timeout 2s --on-port -- node server.js -c 7`);
    expect(options).toMatchObject({
      clients: 5,
      command: { file: 'node', arguments: ['server.js', '-c', '7'], readyTimeoutMs: 2_000 },
    });
  });
});

describe('wrong lines say what is right', () => {
  const cases: [line: string, message: string, remedy: string][] = [
    ['-c many', '--clients is "many"', 'a whole number, 0 or more, such as 500, 20k or 1M'],
    ['-c 1.5', '--clients is "1.5"', 'a whole number'],
    ['-c 0', '--clients must be a whole number from 1 to 1000000', 'and is 0'],
    ['-p 0', '--producers must be', 'from 1 to'],
    ['-r 5/min', '--rate is "5/min"', 'a rate per second such as 500, 20k or 1.5M'],
    ['-r 1000M', '--rate (ratePerSecond) must be a number from 0 to 10000000', 'and is 1000000000'],
    ['-d 30', '--duration is "30"', 'a time with its unit, such as 500ms, 30s'],
    ['-d 1ms', '--duration (durationMs) must be', 'from 10 to'],
    ['-s 64kXB', '--size is "64kXB"', 'a size such as 128, 64kB or 64KiB'],
    ['-s 4', '--size', '32'],
    ['--mode brodcast', '--mode is "brodcast"', 'one of broadcast, echo, fan-in'],
    ['--slow 5%', '--slow is "5%"', '5%:64kB/s'],
    ["--threshold 'response.p99 < 50'", 'it needs a unit', 'such as 50ms'],
    [
      "--threshold 'response.p9 < 50ms' --threshold 'lots == 0'",
      'there is no metric "lots"',
      'Did you mean lost?',
    ],
    ["--threshold 'lost = 0'", '"=" is no operator', 'write "=="'],
    [
      "--threshold 'respnse.p99 < 50ms'",
      '--threshold "respnse.p99 < 50ms": there is no',
      'Did you mean response.p99?',
    ],
    [
      '--abort-on-fail',
      '--abort-on-fail (abortOnFailMs) needs thresholds',
      'the first that fails ends the test',
    ],
    ['--source-ip eth0', '--source-ip must be IP addresses of this host', 'and one is "eth0"'],
    ['--script nowhere.mjs', '--script must be', 'there is no file'],
    ['--stage 10s:5 --rate 5', '--rate cannot go with --stage', 'which has its own'],
    ['--connections 5', "unknown option '--connections'", 'Did you mean --clients?'],
    ['--vus=5', "unknown option '--vus'", 'Did you mean --clients?'],
    ['-t 4', "unknown option '-t'", 'Did you mean --workers?'],
    ['--stage 10s', '--stage is "10s"', 'such as 30s:10k'],
    ['--ramp 0..10', '--ramp is "0..10"', 'such as 0..10k/60s'],
    ['--label x', '--label is "x"', 'NAME=VALUE'],
    ['-H x', '--header is "x"', '"Name: value"'],
    ['--check lose', '--check is "lose"', 'one of order, loss, content'],
    ['--percentiles 50,101', '--percentiles is "101"', 'such as 50,99,99.9'],
    ['--ui=http', '--ui is "http"', 'an address such as 127.0.0.1:9464'],
    ['--prometheus x:y', '--prometheus is "x:y"', 'an address such as'],
    ['--otlp x', '--otlp is "x"', 'http:// or https://'],
    ['--client curl', '--client is "curl"', 'one of sink, ws'],
    ['--publish-url http://x', '--publish-url is "http://x"', 'ws:// or wss://'],
    ['http://x/', '"http://x/" is not the URL of a WebSocket', 'Did you mean ws://x/?'],
    ['localhost:80', '"localhost:80" is not the URL of a WebSocket', 'Did you mean ws://localhost:80?'],
    [`${URL} more`, '"more" is another argument', 'one URL at the most'],
    [`${URL} -- node`, 'node is a command', '--on-port starts it'],
    [`${URL} --target echo`, '--target starts a server of its own', 'give no URL with it'],
    ['--on-port -- node', '--on-port needs a URL', 'the one that the command will serve'],
    ['--cacert /nowhere.pem', '--cacert names /nowhere.pem', 'cannot be read (ENOENT)'],
    ['--config /nowhere.yaml', 'There is no configuration file /nowhere.yaml.', ''],
    ['--clints 3', "unknown option '--clints'", 'Did you mean --clients?'],
    ['--clients', "option '-c, --clients <N>' argument missing", ''],
    ['-c x -d y -r z', '3 faults:', '--duration is "y"'],
  ];
  test.each(cases)('bench %s', async (line, message, remedy) => {
    const failure = await planned(line).then(
      () => undefined,
      (error: Error) => error,
    );
    expect(failure?.message).toContain(message);
    expect(failure?.message).toContain(remedy);
  });
});
