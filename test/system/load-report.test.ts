/** Reports of a real run, made by the program, and looked at by the programs that they are for. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { htmlReport } from '../../src/main/load/report/html/page';
import { loadResult } from '../support/load-result';
import { Program, RINGCAST } from '../support/program';
import { removeFolders, temporaryFolder } from '../support/temporary';

const CHROMIUM = '/usr/bin/chromium';

/** Of all tests here: a second of load is not run for each. */
const folder = temporaryFolder();
afterAll(removeFolders);
const inFolder = (name: string) => path.join(folder, name);
const ringcast = (...args: string[]) => new Program(RINGCAST, args, {}, { folder }).ended;

beforeAll(async () => {
  const files = ['r.json', 'r.html', 'r.xml', 'r.csv', 'r.hgrm'].flatMap((name) => ['-o', name]);
  const flags = [
    '-c',
    '5',
    '-r',
    '200',
    '-d',
    '1s',
    '--warmup',
    '100ms',
    '--name',
    'a <real> run',
    '--no-progress',
  ];
  const { code, stderr } = await ringcast('bench', ...flags, ...files);
  // 3: on a busy machine the generator may be late, which says nothing of reports.
  if (code !== 0 && code !== 3) throw new Error(`bench ended with ${code}: ${stderr}`);
});

describe('what bench wrote', () => {
  test('is valid by the schema that report prints', async () => {
    const { stdout, code } = await ringcast('report', '--schema');
    expect(code).toBe(0);
    const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(
      JSON.parse(stdout),
    );
    validate(JSON.parse(readFileSync(inFolder('r.json'), 'utf8')));
    expect(validate.errors ?? []).toEqual([]);
  });

  test("is XML for Python's parser, with a case for each check", () => {
    const program = `
import sys, xml.etree.ElementTree as tree
print(len(tree.parse(sys.argv[1]).getroot().findall('.//testcase')))`;
    expect(execFileSync('python3', ['-c', program, inFolder('r.xml')], { encoding: 'utf8' }).trim()).toBe(
      '5',
    );
  });

  test('has a line for each second, and percentiles that end at 100 %', () => {
    expect(readFileSync(inFolder('r.csv'), 'utf8').split('\n').length).toBeGreaterThan(2);
    expect(readFileSync(inFolder('r.hgrm'), 'utf8')).toMatch(/ 1\.0{12} +1000\n/);
  });
});

describe('ringcast report', () => {
  test('prints the text that bench printed, and other formats when asked', async () => {
    const { stdout, code } = await ringcast('report', 'r.json');
    expect([code, stdout.split('\n')[0]]).toEqual([0, expect.stringMatching(/^broadcast {2}ws:/)]);
    expect(stdout).toMatch(/\nverdict {2}[^\n]+\n$/);
    expect((await ringcast('report', 'r.json', '--format', 'md')).stdout).toMatch(
      /^### .* a \\<real\\> run: /,
    );
  });

  test('writes files, and says so', async () => {
    const { stdout, stderr, code } = await ringcast('report', 'r.json', '-o', 'again.html', '-o', 'gab.json');
    expect([code, stdout, stderr]).toEqual([0, '', 'wrote again.html\nwrote gab.json\n']);
    expect(readFileSync(inFolder('again.html'), 'utf8')).toBe(readFileSync(inFolder('r.html'), 'utf8'));
  });

  test.each([
    [['report'], 2, 'ringcast: which result?'],
    [['report', 'no.json'], 2, 'ringcast: there is no file no.json'],
    [['report', 'r.csv'], 2, 'ringcast: r.csv is no JSON: '],
    [['report', 'r.json', '-o', 'x.pdf'], 2, 'ringcast: the name of "x.pdf" says no format'],
    [['report', 'r.json', '-o', 'no/x.md'], 2, 'ringcast: cannot write no/x.md: there is no folder no'],
    [
      ['report', 'r.json', '--format', 'pdf'],
      2,
      'ringcast: there is no format "pdf"\nThere are gab-bigger.json',
    ],
    [['compare', 'no.json', 'r.json'], 2, 'ringcast: there is no file no.json'],
    [['compare', 'r.json', 'r.json', '--metric', 'respons.p99'], 2, 'Did you mean response.p99?'],
    [['compare', 'r.json', 'r.json', '--tolerance', 'much'], 2, 'It must be a share such as 5% or 0.05.'],
    [['compare', 'r.json', 'r.json', '-o', 'x.html'], 2, 'Comparisons are written as .txt, .md, .json.'],
  ])('%j ends with %d', async (args, code, problem) => {
    const outcome = await ringcast(...args);
    expect(outcome).toMatchObject({ code, stdout: '' });
    expect(outcome.stderr).toContain(problem);
  });
});

describe('ringcast compare', () => {
  const write = (name: string, ...[options]: Parameters<typeof loadResult>) =>
    writeFileSync(inFolder(name), JSON.stringify(loadResult(options)));

  beforeAll(() => {
    write('base.json');
    write('slower.json', { slower: 1.5 });
    write('more.json', { change: ({ config }) => (config.clients = 9) });
  });

  test('ends with 0 where nothing got worse, and with 1 where something did', async () => {
    expect(await ringcast('compare', 'base.json', 'base.json')).toMatchObject({ code: 0 });
    const { code, stdout } = await ringcast('compare', 'base.json', 'base.json', 'slower.json', '-o', 'c.md');
    expect(code).toBe(1);
    expect(stdout).toMatch(/\nno regression: .*\n\nmetric .*\n(.*\n)*response\.p50 .* worse/);
    expect(readFileSync(inFolder('c.md'), 'utf8')).toContain('🔴 regression');
  });

  test('does not compare what is not the same test, unless forced', async () => {
    const refused = await ringcast('compare', 'base.json', 'more.json');
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toBe(
      'ringcast: base.json and more.json cannot be compared: clients: 2,000 and 9\nWith --force they are compared nevertheless.\n',
    );
    const forced = await ringcast('compare', 'base.json', 'more.json', '--force', '--json');
    expect(forced.code).toBe(0);
    expect(JSON.parse(forced.stdout)).toMatchObject({
      schema: 'ringcast-compare/1',
      comparisons: [{ base: 'base.json', other: 'more.json', comparison: { worse: 0 } }],
    });
  });
});

const describeWithChromium = existsSync(CHROMIUM) ? describe : describe.skip;
describeWithChromium(`in a browser (skipped without ${CHROMIUM})`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    writeFileSync(inFolder('minute.html'), htmlReport(loadResult({ seconds: 60 })));
    writeFileSync(
      inFolder('evil.html'),
      htmlReport(
        loadResult({
          seconds: 1,
          change: ({ errors, run }) => {
            errors[0]!.sample = run.name =
              '</script><script>document.title = "owned"</script><img src=x onerror="document.title=1">';
          },
        }),
      ),
    );
  });
  afterAll(() => browser.close());

  /** Opens a page, and gives what it complained of and asked for beside itself. */
  async function open(
    name: string,
    options: BrowserContextOptions = {},
  ): Promise<{ page: Page; noise: string[] }> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    await context.setOffline(true);
    const page = await context.newPage();
    const noise: string[] = [];
    page.on('console', (message) => noise.push(message.text()));
    page.on('pageerror', (error) => noise.push(error.message));
    page.on('request', (request) => request.isNavigationRequest() || noise.push(request.url()));
    await page.goto(`file://${inFolder(name)}`);
    return { page, noise };
  }

  /** How many pixels of each chart are drawn upon. */
  const inkOf = (page: Page) =>
    page.$$eval('canvas', (canvases) =>
      (
        canvases as unknown as {
          getContext(name: '2d'): { getImageData(...box: number[]): { data: Uint8Array } };
          width: number;
          height: number;
        }[]
      ).map(
        (canvas) =>
          canvas
            .getContext('2d')
            .getImageData(0, 0, canvas.width, canvas.height)
            .data.filter((value) => value > 0).length,
      ),
    );

  test.each([
    ['r.html', 1280, 'light'],
    ['minute.html', 390, 'dark'],
  ] as const)(
    '%s at %d pixels, %s: charts are drawn, nothing is asked for, nothing sticks out',
    async (name, width, colorScheme) => {
      const { page, noise } = await open(name, { viewport: { width, height: 900 }, colorScheme });
      const ink = await inkOf(page);
      expect(ink.length).toBe(await page.$$eval('figure', (figures) => figures.length));
      expect(Math.min(...ink)).toBeGreaterThan(2_000);
      expect(noise).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe(
        colorScheme === 'dark' ? 'rgb(14, 17, 20)' : 'rgb(245, 246, 248)',
      );
    },
  );

  test('the charts follow when the window or the colours change', async () => {
    const { page, noise } = await open('minute.html');
    const wide = await page.$eval('#latency canvas', (canvas) => canvas.clientWidth);
    await page.setViewportSize({ width: 500, height: 900 });
    await page.waitForFunction(`document.querySelector('#latency canvas').clientWidth < ${wide}`);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await page.$$eval('canvas', (canvases) => canvases.length)).toBe(8);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(500);
    expect(noise).toEqual([]);
  });

  test('without scripts there are drawings and tables', async () => {
    const { page } = await open('minute.html', { javaScriptEnabled: false });
    expect(await page.locator('svg.still:visible').count()).toBe(8);
    expect(await page.locator('table:visible').first().innerText()).toMatch(/passed\s+response\.p99 < 50ms/);
    await page.locator('summary').first().click();
    expect(await page.locator('details[open] tbody tr').count()).toBe(63);
  });

  test('what a server said runs nothing', async () => {
    const { page, noise } = await open('evil.html');
    expect(await page.title()).toMatch(/^<\/script><script>document\.title = "owned"/);
    expect(await page.$$eval('img', (images) => images.length)).toBe(0);
    expect(noise).toEqual([]);
  });
});
