import { faultsOf, outcomeOf } from '../../../../../src/main/load/correctness';
import { FORMATS, formatOf } from '../../../../../src/main/load/report/formats';
import { ReportError } from '../../../../../src/main/load/report/report-error';
import { resultSet } from '../../../../../src/main/load/report/result-set';
import { csvCell, SERIES_COLUMNS } from '../../../../../src/main/load/report/series';
import type { LoadResult } from '../../../../../src/shared/load/result';
import { loadResult } from '../../../../support/load-result';
import { parseXml } from '../../../../support/xml';

const EVIL = `</script>]]>--><img src=x onerror="alert(1)">'&|\`*_[a](javascript:b)\u0000\u0008\ud800`;
const evil = loadResult({
  change: (result) => {
    result.run.name = EVIL;
    result.run.labels = { [EVIL]: EVIL };
    result.target.name = result.target.url = EVIL;
    result.errors = [{ phase: 'connect', code: EVIL, count: 1, sample: EVIL }];
    result.groups[1]!.name = EVIL;
    result.verdict.warnings = [EVIL];
    result.reconciliation.samples = [EVIL];
    result.env.cpu = EVIL;
    result.thresholds = [];
  },
});
const render = (name: string, from: Parameters<(typeof FORMATS)[number]['render']>[0] = loadResult()) =>
  formatOf(name).render(from, name);

test.each([
  ['out/result.json', '.json'],
  ['GAB.JSON', 'gab.json'],
  ['run.gab-bigger.json', 'gab-bigger.json'],
  ['a.b.HTML', '.html'],
  ['junit.xml', '.xml'],
  ['x.ndjson', '.ndjson'],
])('%s is written as %s', (path, ending) => {
  expect(formatOf(path).ending).toBe(ending);
});

test.each(['report', 'report.pdf', 'html', ''])(
  '%j says no format, and the error says which there are',
  (path) => {
    expect(() => formatOf(path)).toThrow(ReportError);
    try {
      formatOf(path);
    } catch (error) {
      for (const { ending } of FORMATS) expect((error as ReportError).remedy).toContain(ending);
    }
  },
);

describe('JSON', () => {
  test('is the result, whole', () => {
    expect(JSON.parse(render('r.json'))).toEqual(JSON.parse(JSON.stringify(loadResult())));
  });
});

describe('CSV and NDJSON', () => {
  test('have a line for each second', () => {
    const { series } = loadResult();
    const [head, ...lines] = render('s.csv').trimEnd().split('\n');
    expect(head!.split(',')).toEqual(Object.keys(series[0]!));
    expect(lines).toHaveLength(series.length);
    expect(lines[3]!.split(',')[SERIES_COLUMNS.indexOf('responseP99Ms')]).toBe(
      String(series[3]!.responseP99Ms),
    );
    expect(
      render('s.ndjson')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(series);
  });

  test('what is not known is empty, and null', () => {
    const result = loadResult({ change: ({ series }) => (series[0]!.serverCpu = null) });
    expect(render('s.csv', result).split('\n')[1]!.split(',')[SERIES_COLUMNS.indexOf('serverCpu')]).toBe('');
    expect(JSON.parse(render('s.ndjson', result).split('\n')[0]!).serverCpu).toBeNull();
  });

  test.each([
    ['plain', 'plain'],
    ['a,b', '"a,b"'],
    ['say "x"', '"say ""x"""'],
    ['two\nlines', '"two\nlines"'],
    [null, ''],
    [0, '0'],
  ])('%j in a cell is %j', (value, cell) => {
    expect(csvCell(value)).toBe(cell);
  });
});

describe('.hgrm', () => {
  test('is of the response, or of what the name says', () => {
    const result = loadResult();
    const maxOf = (text: string) => Number(/#\[Max\s*=\s*([\d.]+)/.exec(text)?.[1]);
    expect(maxOf(render('run.hgrm'))).toBeCloseTo(result.latency.response.maxMs!, 1);
    expect(maxOf(render('run.connect.hgrm'))).toBeCloseTo(result.latency.connect.maxMs!, 1);
    expect(maxOf(render('connect.tcp.hgrm'))).toBeCloseTo(result.latency.connectTcp.maxMs!, 1);
    expect(maxOf(render('stage.fan_out.hgrm'))).toBeCloseTo(result.latency.stages!.fanOut.maxMs!, 1);
  });

  test('of nothing is refused, with what there is', () => {
    expect(() => render('x.connect.tls.hgrm')).toThrow('there are no samples of connect.tls');
  });
});

describe('JUnit', () => {
  test('has a case for the end, validity, each check and each threshold', () => {
    const root = parseXml(
      render('junit.xml', loadResult({ thresholds: ['response.p99 < 1ms', 'lost == 0'] })),
    );
    const suite = root.children[0]!;
    expect(suite.attributes).toMatchObject({ tests: '7', failures: '1', errors: '0', time: '34.000' });
    const cases = suite.children.filter((child) => child.name === 'testcase');
    expect(cases.map((one) => [one.attributes.name, one.children[0]?.attributes.message])).toEqual([
      ['the run came to its end', undefined],
      ['the run is valid', undefined],
      ['no message is reordered or duplicated', undefined],
      ['no message is lost', undefined],
      ['no message is corrupt', undefined],
      ['response.p99 < 1ms', 'it was 3.76 ms'],
      ['lost == 0', undefined],
    ]);
  });

  test('is well-formed whatever a server says', () => {
    const texts = parseXml(render('junit.xml', evil)).children[0]!.children;
    expect(JSON.stringify(texts)).toContain('<img src=x onerror=');
  });
});

describe('for github-action-benchmark', () => {
  const entries = (name: string, from?: Parameters<typeof render>[1]) =>
    JSON.parse(render(name, from)) as { name: string; unit: string; value: number; range?: string }[];

  test('what should be small and what should be big are apart', () => {
    const small = entries('gab.json');
    const big = entries('gab-bigger.json');
    expect(small.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['response.p99', 'lost', 'server.rss_per_client']),
    );
    expect(big.map(({ name }) => name)).toEqual(['published.rate', 'received.rate']);
    expect(small.find(({ name }) => name === 'response.p99')).toMatchObject({ unit: 'ms' });
    for (const { value } of [...small, ...big]) expect(typeof value).toBe('number');
  });

  test('several runs give a range', () => {
    const set = resultSet([1, 2, 3].map((slower) => loadResult({ slower, messages: 1_000 })));
    expect(entries('gab.json', set).find(({ name }) => name === 'response.p50')?.range).toMatch(
      /^1\.\d+ to 3\.\d+$/,
    );
  });
});

describe('Markdown', () => {
  test('what a server says is no markup, and stays in its cell', () => {
    const text = render('r.md', evil);
    expect(text).not.toMatch(/(?<!\\)(<img|<\/script|\[a)/);
    const table = text.split('\n').filter((line) => line.startsWith('| connect: '));
    expect(table).toHaveLength(1);
    expect(table[0]!.replaceAll('\\|', '').split('|')).toHaveLength(5);
  });

  test('the verdict comes first, with a mark', () => {
    expect(render('r.md')).toMatch(/^### ✅ ticks: good, no limit reached\n/);
    const failed = loadResult({ thresholds: ['response.p99 < 1ms'] });
    expect(render('r.md', failed)).toMatch(/^### ❌ ticks: threshold failed/);
    expect(render('r.md', failed)).toContain('| ❌ response.p99 \\< 1ms | 3.76 ms |');
  });
});

describe('what a run came to', () => {
  const outcomeAfter = (change: (result: LoadResult) => void) => {
    const result = loadResult();
    change(result);
    return outcomeOf(result);
  };

  test('the gravest counts', () => {
    expect(outcomeAfter(() => {})).toBe('good');
    const failed = (result: LoadResult) => {
      result.thresholds[0]!.passed = false;
    };
    const invalid = (result: LoadResult) => {
      failed(result);
      result.verdict.valid = false;
    };
    const incorrect = (result: LoadResult) => {
      invalid(result);
      result.reconciliation.reordered = 1;
    };
    const interrupted = (result: LoadResult) => {
      incorrect(result);
      result.run.ended = 'interrupted';
    };
    expect([failed, invalid, incorrect, interrupted].map(outcomeAfter)).toEqual([
      'threshold',
      'invalid',
      'incorrect',
      'interrupted',
    ]);
  });

  test('a fault that nobody looks for is none', () => {
    const result = loadResult({ messages: 100 });
    result.reconciliation.lost = 3;
    expect(faultsOf(result)).toEqual(['3 lost']);
    result.config.checks = ['order'];
    expect(faultsOf(result)).toEqual([]);
  });
});
