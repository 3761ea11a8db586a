/** `UPDATE_DOCS=1 npx jest test/unit/shared/close-codes` writes the documentation's table anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CLOSE_CODES, CloseCode, isSendableCloseCode, mayReconnect } from '../../../src/shared/close-codes';
import { HubErrorCode } from '../../../src/shared/errors';
import { ROOT } from '../../support/program';

const PAGE = path.join(ROOT, 'docs/errors.md');
const ROWS = CLOSE_CODES.map(
  ({ name, code, when, remedy, reconnect }) =>
    `| ${code} | \`${name}\` | ${when} | ${remedy} | ${reconnect} |`,
);
const TABLE = ['| code | name | when | what to do | reconnect? |', '|---|---|---|---|---|', ...ROWS].join(
  '\n',
);

function withTable(page: string): string {
  return page.replace(
    /(<!-- close codes -->\n)[\s\S]*(<!-- \/close codes -->)/,
    (_, start, end) => `${start}${TABLE}\n${end}`,
  );
}

if (process.env.UPDATE_DOCS) writeFileSync(PAGE, withTable(readFileSync(PAGE, 'utf8')));

describe('the table of close codes', () => {
  it('has each code once, lowest first', () => {
    const codes = CLOSE_CODES.map(({ code }) => code);
    expect(codes).toEqual(Object.values(CloseCode).sort((a, b) => a - b));
    for (const { name, code } of CLOSE_CODES) expect(CloseCode[name]).toBe(code);
  });

  it('is that of the documentation', () => {
    const page = readFileSync(PAGE, 'utf8');
    expect(page).toContain(TABLE);
  });

  it('puts on the wire what may stand there', () => {
    for (const { code, onWire } of CLOSE_CODES)
      expect([code, isSendableCloseCode(code)]).toEqual([code, onWire]);
  });

  it('says who may connect again', () => {
    expect(CLOSE_CODES.filter(({ code }) => mayReconnect(code)).map(({ code }) => code)).toEqual([
      1001, 1006, 1011, 1012, 1013,
    ]);
    for (const { code, reconnect } of CLOSE_CODES)
      expect([code, mayReconnect(code)]).toEqual([code, reconnect !== 'no']);
    expect([1014, 1015, 3000, 4000, 4999].map(mayReconnect)).toEqual([true, true, false, false, false]);
  });
});

describe('the table of errors in the documentation', () => {
  const rows = readFileSync(PAGE, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `RINGCAST_E_'))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

  it('has every code once, and no other', () => {
    expect(rows.map(([code]) => code.slice(1, -1)).sort()).toEqual(Object.values(HubErrorCode).sort());
  });

  it('says of each when it comes and what to do', () => {
    for (const [code, ...cells] of rows) {
      const kept = cells.map((cell) => cell !== '');
      expect([code, kept]).toEqual([code, [true, true]]);
    }
  });
});
