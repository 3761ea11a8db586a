import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SeriesLog } from '../../../../../src/main/load/observe/series-log';
import { csvSeries } from '../../../../../src/main/load/report/series';
import { checkOutput, writeJobSummary, writeReport } from '../../../../../src/main/load/report/write-report';
import { loadResult } from '../../../../support/load-result';
import { removeFolders, temporaryFolder } from '../../../../support/temporary';

afterEach(removeFolders);
const result = loadResult();

test('a report replaces what was there, and leaves nothing else', () => {
  const folder = temporaryFolder();
  const file = join(folder, 'r.json');
  writeFileSync(file, 'old');
  writeReport(result, file);
  expect(JSON.parse(readFileSync(file, 'utf8')).schema).toBe('ringcast-bench/1');
  expect(readdirSync(folder)).toEqual(['r.json']);
});

test('a link stays a link', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'there.md'), 'old');
  symlinkSync('there.md', join(folder, 'r.md'));
  writeReport(result, join(folder, 'r.md'));
  expect(readFileSync(join(folder, 'there.md'), 'utf8')).toMatch(/^### /);
  expect(readdirSync(folder).sort()).toEqual(['r.md', 'there.md']);
});

test('a report that cannot be made leaves what was there', () => {
  const file = join(temporaryFolder(), 'x.connect.tls.hgrm');
  writeFileSync(file, 'old');
  expect(() => writeReport(result, file)).toThrow('no samples of connect.tls');
  expect(readFileSync(file, 'utf8')).toBe('old');
});

describe('before the test it is told that', () => {
  test('the folder is missing', () => {
    const folder = temporaryFolder();
    expect(() => checkOutput(join(folder, 'no/r.json'))).toThrow(`there is no folder ${join(folder, 'no')}`);
  });

  test('the name says no format', () => {
    expect(() => checkOutput('/no/where/r.doc')).toThrow('says no format');
  });

  test('a folder is in the place', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'r.html'));
    expect(() => checkOutput(join(folder, 'r.html'))).toThrow('it is a folder');
    expect(() => writeReport(result, join(folder, 'r.html'))).toThrow('it is a folder');
  });

  test('one may not write there', () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o500);
    const refused = () => checkOutput(join(folder, 'r.json'));
    if (process.getuid?.() === 0) expect(refused).not.toThrow();
    else expect(refused).toThrow('you may not write there');
    chmodSync(folder, 0o700);
  });
});

test('a job summary is appended to', () => {
  const file = join(temporaryFolder(), 'summary');
  writeFileSync(file, 'before\n');
  writeJobSummary(result, { GITHUB_STEP_SUMMARY: file });
  expect(readFileSync(file, 'utf8')).toMatch(/^before\n### ✅ ticks/);
  expect(() => writeJobSummary(result, {})).toThrow('--github needs the variable GITHUB_STEP_SUMMARY');
});

describe('a series', () => {
  const second = (i: number) => ({ type: 'second', row: result.series[i]! }) as const;

  test('is whole lines while it is written, and begins anew with each run', async () => {
    const file = join(temporaryFolder(), 's.csv');
    const log = new SeriesLog(file, (error) => expect(error).toBeUndefined());
    log.run();
    log.event(second(0));
    log.event(second(1));
    expect(readFileSync(file, 'utf8').match(/.*\n/g)).toHaveLength(3);
    log.run();
    log.event(second(2));
    await log.close();
    expect(readFileSync(file, 'utf8')).toBe(csvSeries([result.series[2]!]));
  });

  test('that cannot be written is told of once, and the run goes on', async () => {
    const failed: string[] = [];
    const log = new SeriesLog(join(temporaryFolder(), 'no/s.ndjson'), (error) => failed.push(error.message));
    log.run();
    log.event(second(0));
    await log.close();
    expect(failed).toEqual([expect.stringMatching(/^ENOENT/)]);
  });
});
