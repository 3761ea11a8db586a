import { summarize } from '../../../../../src/main/load/latency-summary';
import { resultSet } from '../../../../../src/main/load/report/result-set';
import { setText } from '../../../../../src/main/load/report/set-text';
import { textReport } from '../../../../../src/main/load/report/text';
import { Histogram } from '../../../../../src/shared/histogram';
import { loadResult } from '../../../../support/load-result';

test('a good run', () => {
  expect(textReport(loadResult())).toBe(GOOD);
});

const GOOD = `\
broadcast  ws://127.0.0.1:8080/load  ringcast hub  2,000 clients (40 slow)  4 publishers
  20 msg/s × 128 B = 40,000 deliveries/s  30 s (+ 2 s warm-up)

                      p50        p90        p99      p99.9        max      count
response          1.19 ms    2.39 ms    3.76 ms    4.99 ms    4.99 ms     12,000
schedule lag     0.061 ms   0.123 ms   0.214 ms   0.298 ms   0.298 ms     12,000
delivery          1.05 ms    2.17 ms    3.95 ms    5.55 ms    5.55 ms     12,000
ring wait        0.050 ms   0.102 ms   0.151 ms   0.164 ms   0.164 ms     12,000
drain            0.020 ms   0.041 ms   0.066 ms   0.081 ms   0.081 ms     12,000
fan-out          0.398 ms   0.797 ms    1.15 ms    1.53 ms    1.53 ms     12,000
write            0.310 ms   0.611 ms    1.05 ms    1.55 ms    1.55 ms     12,000
2%:64kB/s         37.8 ms    82.2 ms     125 ms        n/a     174 ms      4,000
connect           1.99 ms    3.79 ms    6.10 ms        n/a    6.95 ms      2,000

published 640 (20/s, 100.0 % of target)  received 39,937/s, 4.88 MiB/s  refused 0  unsent 0
expected 1,200,000 = received 1,198,114 + dropped 1,886 (1,886 slow peers, 0 at close) + lost 0
duplicated 0  reordered 0  corrupt 0  foreign 0
connections   opened 2,000  failed 0  retried 0  lost 3
server        cpu 0.930 cores  memory 212 MiB  idle 172 MiB  per client 20.5 KiB
  per delivery 0.023 ms
generator     busiest thread 48.0 %  loop delay p99 1.10 ms  cpu 0.810 cores  memory 142 MiB
  per message 1.90 µs

errors
  3 × close 1013: too slow: 4.1 MiB behind, limit 4 MiB

✓ response.p99 < 50ms  3.76 ms
✓ lost == 0  0

verdict  good, no limit reached  thresholds: 2 passed, 0 failed
`;

test('what went wrong is said last, the gravest first', () => {
  const text = textReport(
    loadResult({
      thresholds: ['response.p99 < 1ms', 'response.p99.9999 < 1ms'],
      change: (result) => {
        result.reconciliation.lost = 7;
        result.reconciliation.addsUp = false;
        result.reconciliation.samples = ['client 17, publisher 2: message 4711 is missing'];
        result.verdict = {
          limitedBy: 'client',
          valid: false,
          reasons: ['load thread 1 was busy 99 % of the time, limit 85 %'],
          warnings: ['the clock source is acpi_pm'],
        };
      },
    }),
  );
  expect(text).toContain('expected 1,200,000 ≠ received 1,198,114');
  expect(text.replace(/\s+/g, ' ')).toContain('lost 7: it does not add up');
  expect(text).toContain('  client 17, publisher 2: message 4711 is missing\n');
  expect(text.slice(text.indexOf('✗'))).toBe(`\
✗ response.p99 < 1ms  3.76 ms
✗ response.p99.9999 < 1ms  n/a: not measured, or too few samples

warning: the clock source is acpi_pm
because load thread 1 was busy 99 % of the time, limit 85 %
verdict  incorrect: 7 lost  thresholds: 0 passed, 2 failed
`);
});

test.each([
  [
    'interrupted',
    { ended: 'interrupted' },
    'verdict  interrupted: figures are of what was measured until then',
  ],
  ['failed', { ended: 'failed' }, 'verdict  failed: it did not come to its end'],
] as const)('a run that was %s says so', (_, run, line) => {
  expect(textReport(loadResult({ change: (result) => Object.assign(result.run, run) }))).toContain(line);
});

test('a run without messages has no lines of messages', () => {
  const text = textReport(
    loadResult({
      thresholds: [],
      change: (result) => {
        const none = summarize(new Histogram(), [50]);
        result.config.mode = 'idle';
        result.config.stages[0]!.ratePerSecond = 0;
        result.totals.scheduled = result.totals.received = 0;
        Object.assign(result.latency, { response: none, scheduleLag: none, delivery: none, stages: null });
        result.groups = [];
        result.server = null;
      },
    }),
  );
  expect(text).not.toMatch(/response|published|msg\/s|server|NaN|null|undefined/);
  expect(text).toContain('connect           1.99 ms');
});

test.each([40, 60, 80, 100, 200])('lines keep within %d columns, in colour too', (width) => {
  const lines = textReport(loadResult(), { width, color: true }).split('\n');
  const colour = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g');
  expect(Math.max(...lines.map((line) => line.replace(colour, '').length))).toBeLessThanOrEqual(width);
  expect(lines.join('')).toMatch(colour);
});

test('percentiles that do not fit side by side go below each other', () => {
  const percentiles = [1, 5, 10, 25, 50, 75, 90, 95, 99];
  const text = textReport(loadResult({ change: ({ config }) => (config.percentiles = percentiles) }));
  for (const percentile of percentiles) expect(text).toMatch(new RegExp(` p${percentile}\\b`));
});

test('a server cannot write into the terminal', () => {
  const text = textReport(
    loadResult({
      change: ({ errors, run }) => {
        errors[0]!.sample = '\u001b[2J\u001b]0;owned\u0007\r\nverdict  good\u202e\u009b31m';
        run.name = '\u001b[31m';
      },
    }),
  );
  const control = [...text].filter(
    (c) => c !== '\n' && (c < ' ' || (c >= '\u007f' && c <= '\u009f') || c === '\u202e'),
  );
  expect(control).toEqual([]);
  expect(text.match(/^verdict/gm)).toHaveLength(1);
});

test('of several runs the one in the middle is shown, and a line for each', () => {
  const text = setText(resultSet([3, 1, 2].map((slower) => loadResult({ slower, messages: 1_000 }))));
  expect(text).toContain('3 runs; the above is of the one in the middle by response.p99');
  expect(text.split('\n').filter((line) => /^ {4}\d/.test(line))).toEqual([
    expect.stringMatching(/^ {4}1 .*\/s$/),
    expect.stringMatching(/^ {4}2 .*\/s$/),
    expect.stringMatching(/^ {4}3 .*\/s {2}median$/),
  ]);
});

test('of a test that measured nothing, nothing of the generator is known but its memory', () => {
  const text = textReport(
    loadResult({ change: ({ run }) => (run.phases = run.phases.filter(({ name }) => name !== 'measure')) }),
  );
  expect(text).toContain('generator     busiest thread n/a  loop delay p99 n/a  cpu n/a  memory 142 MiB');
});
