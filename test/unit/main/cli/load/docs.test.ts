/** What the docs and the schema say of the flags is what the code has. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import { BENCH_FLAGS, BENCH_GROUPS } from '../../../../../src/main/cli/load/bench-flags';
import { benchSchema } from '../../../../../src/main/cli/load/bench-schema';
import { FIND_FLAGS } from '../../../../../src/main/cli/load/find-flags';
import { variableName } from '../../../../../src/main/cli/load/flag';
import { flagTable, flagTables } from '../../../../support/flag-table';
import { ROOT } from '../../../../support/program';

const docs = readFileSync(path.join(ROOT, 'docs/bench-cli.md'), 'utf8');

test('docs/bench-cli.md has each flag of bench and find, as the help has it', () => {
  expect(docs).toContain(flagTables(BENCH_GROUPS));
  expect(docs).toContain(flagTable(FIND_FLAGS));
});

test('no two flags have one name, one letter, or one variable', () => {
  const groups = Object.values(BENCH_GROUPS).flatMap((table) => Object.keys(table));
  const letters = Object.values(BENCH_FLAGS).flatMap((spec) => ('short' in spec ? [spec.short] : []));
  const variables = Object.keys(BENCH_FLAGS).map(variableName);
  for (const names of [groups, letters, variables]) expect(new Set(names).size).toBe(names.length);
});

describe('the schema of files', () => {
  const validate = new Ajv2020({ allowUnionTypes: true }).compile(benchSchema());

  test.each([
    {},
    { url: 'ws://127.0.0.1:1/', clients: '2k', rate: 500, duration: '30s', compression: true },
    {
      target: ['ws-loop', 'ringcast'],
      label: { a: 'b' },
      header: ['X: 1'],
      stage: '1s:10, 2s:..20',
      check: 'loss,order',
    },
    { command: ['node', 'server.js'], scenarios: { one: { clients: 1 }, two: null } },
    { spike: true, abortOnFail: '5s', ui: 9_000 },
  ])('%j is good', (content) => {
    validate(content);
    expect(validate.errors).toBeNull();
  });

  test.each([
    { clinets: 5 },
    { mode: 'brodcast' },
    { compression: 'yes please' },
    { scenarios: {} },
    { scenarios: { one: { json: true } } },
    { command: 'node server.js' },
  ])('%j is not', (content) => {
    expect(validate(content)).toBe(false);
  });
});
