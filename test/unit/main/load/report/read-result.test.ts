import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import { htmlReport } from '../../../../../src/main/load/report/html/page';
import { parseResult, readResult } from '../../../../../src/main/load/report/read-result';
import { ReportError } from '../../../../../src/main/load/report/report-error';
import { JSON_SCHEMA } from '../../../../../src/main/load/report/result-schema';
import { resultSet } from '../../../../../src/main/load/report/result-set';
import { setText } from '../../../../../src/main/load/report/set-text';
import { loadResult } from '../../../../support/load-result';
import { ROOT } from '../../../../support/program';
import { removeFolders, temporaryFolder } from '../../../../support/temporary';

afterEach(removeFolders);

const result = loadResult();
const set = resultSet([1, 2, 3].map((seed) => loadResult({ seed })));
/** The result as a file has it, with one place changed. */
const changed = (change: (plain: ReturnType<typeof loadResult>) => void) => {
  const plain = JSON.parse(JSON.stringify(result));
  change(plain);
  return JSON.stringify(plain);
};

describe('the JSON Schema', () => {
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(JSON_SCHEMA);
  const errorsOf = (text: string) => {
    validate(JSON.parse(text));
    return validate.errors ?? [];
  };

  test('holds for a result and for a set, as they are written', () => {
    expect(errorsOf(JSON.stringify(result))).toEqual([]);
    expect(errorsOf(JSON.stringify(set))).toEqual([]);
  });

  test.each([
    ['a missing field', changed((plain) => Reflect.deleteProperty(plain.totals, 'lost'))],
    [
      'a text where a number belongs',
      changed((plain) => Object.assign(plain.latency.response, { count: '5' })),
    ],
    ['a mode that there is not', changed((plain) => Object.assign(plain.config, { mode: 'shout' }))],
    ['another schema', changed((plain) => Object.assign(plain, { schema: 'ringcast-bench/2' }))],
  ])('does not hold for %s, and neither does the check of what is read', (_, text) => {
    expect(errorsOf(text)).not.toEqual([]);
    expect(() => parseResult(text, 'x.json')).toThrow(ReportError);
  });

  test('a field that is new is no fault', () => {
    const text = changed((plain) => Object.assign(plain, { weather: 'fine' }));
    expect(errorsOf(text)).toEqual([]);
    expect(parseResult(text, 'x.json')).toMatchObject({ weather: 'fine' });
  });
});

test('the result of a real run that comes as an example is read, and is a page', () => {
  const example = readResult(join(ROOT, 'examples/load/result.json'));
  expect(htmlReport(example)).toContain('lost == 0');
  expect(setText(example)).toMatch(/verdict {2}good/);
});

test('a file gives back what was written', () => {
  const file = join(temporaryFolder(), 'r.json');
  writeFileSync(file, `\ufeff${JSON.stringify(set)}`);
  expect(readResult(file)).toEqual(JSON.parse(JSON.stringify(set)));
});

describe('is refused with what is wrong', () => {
  test.each([
    ['no JSON', 'atMs,phase\n1,2', 'x.json is no JSON: '],
    [
      'JSON of something else',
      '{"name":"x"}',
      'x.json is no result of ringcast bench: it has no schema ringcast-bench/1',
    ],
    ['null', 'null', 'x.json is no result of ringcast bench'],
    [
      'another version',
      '{"schema":"ringcast-bench/2"}',
      'x.json is of version ringcast-bench/2, and this ringcast reads ringcast-bench/1',
    ],
    [
      'a wrong type, by its path',
      changed((plain) => Object.assign(plain.series[4]!, { lost: 'many' })),
      'x.json is no whole result: series[4].lost: number is needed, and it is "many"',
    ],
    [
      'a missing part',
      changed((plain) => Reflect.deleteProperty(plain, 'verdict')),
      'x.json is no whole result: verdict: it is missing',
    ],
    [
      'a histogram that is none',
      changed((plain) => Object.assign(plain.latency.delivery, { hdr: 'HISTFAAA' })),
      'x.json: the histogram of delivery cannot be read: ',
    ],
    [
      'a median that is not there',
      JSON.stringify({ ...set, median: 7 }),
      'x.json has 3 runs, and says that its median is run 8',
    ],
  ])('%s', (_, text, problem) => {
    expect(() => parseResult(text, 'x.json')).toThrow(ReportError);
    expect(() => parseResult(text, 'x.json')).toThrow(problem);
  });

  test('names of properties of objects are no fields', () => {
    expect(() => parseResult('{"schema":"ringcast-bench/1","__proto__":{"run":1}}', 'x')).toThrow(
      'run: it is missing',
    );
  });

  test('a file that is not there, and one that is a folder', () => {
    const folder = temporaryFolder();
    expect(() => readResult(join(folder, 'no.json'))).toThrow(/^there is no file .*no\.json$/);
    expect(() => readResult(folder)).toThrow(/^cannot read .*EISDIR/);
  });
});
