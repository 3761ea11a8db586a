/** The documentation says what the code says. `UPDATE_DOCS=1 npx jest test/unit/main/load/docs` writes its tables anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DISTRIBUTIONS, SCALARS } from '../../../../src/main/load/metrics';
import { KINDS } from '../../../../src/main/load/quantity';
import { FORMATS } from '../../../../src/main/load/report/formats';
import { JSON_SCHEMA } from '../../../../src/main/load/report/result-schema';
import { ROOT } from '../../../support/program';

const PAGE = path.join(ROOT, 'docs/bench-reports.md');
const SCHEMA = path.join(ROOT, 'docs/ringcast-bench-1.schema.json');
const TABLES = {
  distributions: [
    '| name | from → to |',
    '|---|---|',
    ...Object.entries(DISTRIBUTIONS).map(([name, meaning]) => `| \`${name}\` | ${meaning} |`),
  ],
  scalars: [
    '| name | is | better | |',
    '|---|---|---|---|',
    ...Object.entries(SCALARS).map(
      ([name, { kind, better, meaning }]) =>
        `| \`${name}\` | ${KINDS[kind].name} | ${better === 'none' ? '' : better} | ${meaning} |`,
    ),
  ],
};
const schemaText = `${JSON.stringify(JSON_SCHEMA, null, 2)}\n`;

function withTables(page: string): string {
  return Object.entries(TABLES).reduce(
    (text, [name, lines]) =>
      text.replace(
        new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`),
        (_, start, end) => `${start}${lines.join('\n')}\n${end}`,
      ),
    page,
  );
}

if (process.env.UPDATE_DOCS) {
  writeFileSync(PAGE, withTables(readFileSync(PAGE, 'utf8')));
  writeFileSync(SCHEMA, schemaText);
}

test('the page has every metric', () => {
  const page = readFileSync(PAGE, 'utf8');
  expect(page).toBe(withTables(page));
  expect(page).toContain('| `response` |');
});

test('the page has every format', () => {
  const page = readFileSync(PAGE, 'utf8');
  for (const { ending } of FORMATS) expect(page).toContain(`\`${ending}\``);
});

test('the schema in the package is that of the code', () => {
  expect(JSON.parse(readFileSync(SCHEMA, 'utf8'))).toEqual(JSON.parse(schemaText));
});
