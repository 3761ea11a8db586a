import { otlpBody, otlpHeaders } from '../../../../../src/main/load/observe/otlp';
import { RunProgress } from '../../../../../src/main/load/observe/progress';
import { prometheusText } from '../../../../../src/main/load/observe/prometheus-text';
import { loadResult } from '../../../../support/load-result';

/** A run in its third second. */
function progress(labels: { [name: string]: string } = { branch: 'main' }): RunProgress {
  const { config, series } = loadResult();
  const run = new RunProgress(() => 0);
  run.begin({ title: '', plan: { ...config, name: 'ticks', labels }, url: 'ws://127.0.0.1:8080/' });
  run.take({ type: 'phase', name: 'measure' });
  const row = {
    ...series[2]!,
    responseP50Ms: 1.21,
    responseP99Ms: 4.8,
    responseMaxMs: null,
    serverCpu: null,
  };
  run.take({ type: 'second', row: { ...row, connected: 2_000, receivedPerSecond: 40_000 } });
  return run;
}

describe('the text of Prometheus', () => {
  const common = 'branch="main",mode="broadcast",name="ticks",url="ws://127.0.0.1:8080/"';

  test('has a head for each family, base units, and what is known only', () => {
    const text = prometheusText(progress());
    expect(text).toContain(
      [
        '# HELP ringcast_bench_response_seconds Intended time to received, of the last second.',
        '# TYPE ringcast_bench_response_seconds gauge',
        `ringcast_bench_response_seconds{${common},quantile="0.5"} 0.00121`,
        `ringcast_bench_response_seconds{${common},quantile="0.99"} 0.0048`,
        '# HELP ringcast_bench_schedule_lag_seconds',
      ].join('\n'),
    );
    expect(text).toContain(`ringcast_bench_phase{${common},phase="measure"} 1\n`);
    expect(text).not.toContain('server_cpu');
    expect(text.endsWith('\n')).toBe(true);
  });

  test('labels of users are escaped, and their names made fit', () => {
    const text = prometheusText(progress({ 'a-b': 'x"y\\z\n', '1st': 'v' }));
    expect(text).toContain('{a_b="x\\"y\\\\z\\n",_1st="v",mode=');
    expect(
      text.split('\n').filter((line) => line !== '' && !/^(# |ringcast_bench_\w+\{)/.test(line)),
    ).toEqual([]);
  });

  test('when the run is over, its metrics are there too', () => {
    const run = progress();
    run.take({ type: 'result', result: loadResult() });
    expect(prometheusText(run)).toMatch(/^ringcast_bench_result\{.*metric="response\.p99"\} \d/m);
  });
});

describe('OTLP', () => {
  test('a request is as the protocol has it in JSON: whole numbers as text, one resource, gauges', () => {
    expect(otlpBody(progress(), 1_700_000_000_000_000_000n)).toMatchObject({
      resourceMetrics: [
        {
          resource: {
            attributes: expect.arrayContaining([
              { key: 'service.name', value: { stringValue: 'ringcast-bench' } },
            ]),
          },
          scopeMetrics: [
            {
              metrics: expect.arrayContaining([
                {
                  name: 'ringcast.bench.received_per_second',
                  description: expect.any(String),
                  unit: '1/s',
                  gauge: {
                    dataPoints: [{ timeUnixNano: '1700000000000000000', asDouble: 40_000, attributes: [] }],
                  },
                },
              ]),
            },
          ],
        },
      ],
    });
  });

  test('headers come as the standard variable has them', () => {
    expect(otlpHeaders('api-key=a%20b, x = y ,broken,=z')).toEqual({ 'api-key': 'a b', x: 'y' });
    expect(otlpHeaders('x=%zz')).toEqual({ x: '%zz' });
    expect(otlpHeaders()).toEqual({});
  });
});
