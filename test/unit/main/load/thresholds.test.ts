import fc from 'fast-check';
import { valuesOfResult, valuesOfRunning } from '../../../../src/main/load/metric-values';
import {
  failsAlready,
  judgeThreshold,
  parseThreshold,
  ThresholdError,
  whyMissing,
} from '../../../../src/main/load/thresholds';
import { Histogram } from '../../../../src/shared/histogram';
import { LOAD_COUNTERS, LOAD_HISTOGRAMS } from '../../../../src/shared/load/snapshot';
import { loadResult } from '../../../support/load-result';

describe('is read', () => {
  test.each([
    ['response.p99 < 50ms', '<', 50],
    ['response.p99<50ms', '<', 50],
    ['  response.p99.99  <=  1.5 s ', '<=', 1_500],
    ['delivery.max < 250us', '<', 0.25],
    ['delivery.max < 250µs', '<', 0.25],
    ['delivery.min > 0', '>', 0],
    ['lost == 0', '==', 0],
    ['received >= 1.2M', '>=', 1_200_000],
    ['published.rate >= 19.9k/s', '>=', 19_900],
    ['server.rss_per_client < 32KiB', '<', 32_768],
    ['server.rss < 1gib', '<', 2 ** 30],
    ['received.bytes_rate > 5MB/s', '>', 5e6],
    ['connect.errors.rate < 0.1%', '<', 0.001],
    ['connect.errors != 3', '!=', 3],
    ['connect.p50 < 2ms', '<', 2],
    ['connect.upgrade.p50 < 2ms', '<', 2],
    ['stage.ring_wait.p99 < 1ms', '<', 1],
    ['response.count > 10k', '>', 10_000],
    ['server.cpu < 1.5 cores', '<', 1.5],
  ])('%j', (expression, operator, limit) => {
    const threshold = parseThreshold(expression);
    expect(threshold).toMatchObject({ expression: expression.trim(), operator });
    expect(threshold.limit).toBeCloseTo(limit, 9);
  });
});

describe('is refused', () => {
  test.each([
    ['', 'it is empty: write it as "response.p99 < 50ms"'],
    ['response.p99', 'it has no operator (< <= > >= == !=): write it as "response.p99 < 50ms"'],
    ['lost = 0', '"=" is no operator: write "=="'],
    ['response.p99 < fast', 'it is not <metric> <operator> <value><unit>'],
    ['lost < -1', 'it is not <metric> <operator> <value><unit>'],
    ['respnse.p99 < 50ms', 'there is no metric "respnse.p99". Did you mean response.p99?'],
    ['p99 < 50ms', 'there is no metric "p99". Did you mean response.p99?'],
    ['scheduleLag.p99 < 1ms', 'Did you mean schedule_lag.p99?'],
    ['losst == 0', 'there is no metric "losst". Did you mean lost?'],
    ['latency.p99 < 1ms', 'there is no metric "latency.p99"; all of them are in docs/bench-reports.md'],
    ['response < 50ms', 'response is a distribution: say which number of it, such as response.p99'],
    [
      'response.p100 < 1s',
      'response has no "p100": it has p50, p99.9 (any percentile above 0 and below 100)',
    ],
    ['response.p0 < 1s', 'response has no "p0"'],
    ['response.stdev < 1s', 'response has no "stdev"'],
    ['lost.p99 == 0', 'there is no lost.p99, only lost, lost.rate'],
    ['server.memory < 1GiB', 'there is no server.memory, only server.cpu, server.rss, '],
    [
      'response.p99 < 50',
      'response.p99 is a time, and it needs a unit: write ns, us, ms, s or min, such as 50ms',
    ],
    ['response.p99 < 50MiB', 'response.p99 is a time, and "MiB" is no unit of it'],
    ['lost < 5ms', 'lost is a number, and "ms" is no unit of it: write no unit, k or M, such as 5'],
    ['published.rate > 20k', 'published.rate is a rate, and "k" is no unit of it: write /s, k/s or M/s'],
    [
      'connect.errors.rate < 0.1',
      'connect.errors.rate is a share, and it needs a unit: write %, such as 0.1%',
    ],
    ['constructor == 0', 'there is no metric "constructor"'],
  ])('%j', (expression, problem) => {
    expect(() => parseThreshold(expression)).toThrow(ThresholdError);
    expect(() => parseThreshold(expression)).toThrow(problem);
  });

  test('what is too long, and the message does not repeat all of it', () => {
    expect(() => parseThreshold('x'.repeat(1e6))).toThrow(/^threshold "x{40}…": longer than 200 characters$/);
  });

  test('whatever is written, it is a threshold or a ThresholdError', () => {
    const word = fc.constantFrom(
      'response',
      'lost',
      '.',
      'p99',
      '<',
      '==',
      '=',
      ' ',
      '50',
      'ms',
      '%',
      'k/s',
      '\n',
      '__proto__',
    );
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.array(word, { maxLength: 9 }).map((words) => words.join('')),
    );
    fc.assert(
      fc.property(text, (expression) => {
        try {
          expect(parseThreshold(expression).limit).toBeGreaterThanOrEqual(0);
        } catch (error) {
          if (!(error instanceof ThresholdError)) throw error;
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('what is read means the same when it is written again', () => {
    const unit = fc.constantFrom(['ns', 1e-6], ['us', 1e-3], ['ms', 1], ['s', 1e3], ['min', 6e4]);
    fc.assert(
      fc.property(
        fc.nat(1e6),
        unit,
        fc.integer({ min: 1, max: 9_999 }),
        (value, [name, factor], hundredths) => {
          const threshold = parseThreshold(`delivery.p${hundredths / 100} <= ${value}${name}`);
          expect(threshold.limit).toBe(value * (factor as number));
          expect(threshold.metric).toMatchObject({ aggregation: { percentile: hundredths / 100 } });
        },
      ),
    );
  });
});

describe('when the test is over', () => {
  const result = loadResult();
  const values = valuesOfResult(result);
  const judged = (expression: string) => judgeThreshold(parseThreshold(expression), values);

  test('passes or fails with the value in the base unit', () => {
    expect(judged('response.p99 < 50ms')).toEqual({
      expression: 'response.p99 < 50ms',
      metric: 'response.p99',
      actual: result.latency.response.percentiles['99'],
      unit: 'ms',
      passed: true,
    });
    expect(judged('server.rss_per_client < 16KiB')).toMatchObject({
      actual: 20_992,
      unit: 'B',
      passed: false,
    });
    expect(judged('dropped.rate < 0.1%')).toMatchObject({ unit: 'share', passed: false });
  });

  test('a percentile that the result does not print is worked out of its histogram', () => {
    const expected = Histogram.decode(result.latency.response.hdr).percentile(97.25)! / 1e6;
    expect(judged('response.p97.25 < 50ms').actual).toBe(expected);
  });

  test('slow groups are merged, not averaged', () => {
    const two = loadResult({
      change: (changed) => changed.groups.push({ ...changed.groups[1]!, name: '1%:never-read' }),
    });
    const of = (expression: string) => judgeThreshold(parseThreshold(expression), valuesOfResult(two)).actual;
    expect(of('response_slow.count > 0')).toBe(8_000);
    expect(of('response_slow.p50 > 0')).toBe(judged('response_slow.p50 > 0').actual);
  });

  test('what was not measured fails, and says why', () => {
    const threshold = parseThreshold('response.p99.999 < 50ms');
    expect(judgeThreshold(threshold, values)).toMatchObject({ actual: null, passed: false });
    expect(whyMissing(threshold, values)).toBe('12000 samples are too few for this percentile');
    expect(whyMissing(parseThreshold('connect.tls.p50 < 1ms'), values)).toBe('it was not measured');
    const unknown = valuesOfResult(loadResult({ change: (changed) => (changed.server = null) }));
    expect(judgeThreshold(parseThreshold('server.cpu < 9'), unknown)).toMatchObject({
      actual: null,
      passed: false,
    });
  });
});

describe('while the test runs', () => {
  const running = (
    counters: Partial<Record<(typeof LOAD_COUNTERS)[number], number>>,
    responsesMs: number[] = [],
  ) => {
    const histograms = Object.fromEntries(LOAD_HISTOGRAMS.map((name) => [name, new Histogram()]));
    for (const ms of responsesMs) histograms.response!.record(ms * 1e6);
    const none = Object.fromEntries(LOAD_COUNTERS.map((name) => [name, 0]));
    return valuesOfRunning({ counters: { ...none, ...counters }, histograms, measuredMs: 2_000 } as never);
  };
  const fails = (expression: string, values: ReturnType<typeof running>) =>
    failsAlready(parseThreshold(expression), values);

  test('a percentile fails once there are samples enough', () => {
    expect(fails('response.p50 < 5ms', running({}, Array(19).fill(9)))).toBe(false);
    expect(fails('response.p50 < 5ms', running({}, Array(20).fill(9)))).toBe(true);
    expect(fails('response.p50 < 5ms', running({}, Array(20).fill(2)))).toBe(false);
    expect(fails('response.max < 5ms', running({}, [9]))).toBe(true);
  });

  test('a rate is of the measure window so far', () => {
    expect(fails('published.rate >= 100/s', running({ publishedMeasured: 150 }))).toBe(true);
    expect(fails('published.rate >= 100/s', running({ publishedMeasured: 200 }))).toBe(false);
  });

  test('a number that only grows fails when it has passed its limit, not before it is there', () => {
    expect(fails('received >= 1k', running({ received: 10 }))).toBe(false);
    expect(fails('received == 1k', running({ received: 10 }))).toBe(false);
    expect(fails('received == 1k', running({ received: 1_001 }))).toBe(true);
    expect(fails('lost == 0', running({ lost: 1 }))).toBe(true);
    expect(fails('lost <= 3', running({ lost: 4 }))).toBe(true);
  });

  test('what only the end tells does not fail', () => {
    expect(fails('server.cpu < 0.1', running({}))).toBe(false);
    expect(fails('connect.errors.rate < 1%', running({}))).toBe(false);
    expect(fails('connect.errors.rate < 1%', running({ opened: 50, connectFailed: 1 }))).toBe(true);
  });
});
