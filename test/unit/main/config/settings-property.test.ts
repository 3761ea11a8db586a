import { writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { Failure } from '../../../../src/main/cli/failure';
import { readSettings } from '../../../../src/main/config/settings';
import {
  CHANNEL_NUMBERS,
  HUB_NUMBERS,
  RING_NUMBERS,
  resolveHubOptions,
} from '../../../../src/shared/options';
import { removeFolders, temporaryFolder } from '../../../support/temporary';

afterAll(removeFolders);

const RUNS = Number(process.env.RINGCAST_PROPERTY_RUNS ?? 300);
/** As many of the known keys as of any others, so that what lies behind a key's check is reached. */
const key = fc.oneof(
  fc.constantFrom(
    ...Object.keys({ ...HUB_NUMBERS, ...RING_NUMBERS, ...CHANNEL_NUMBERS }),
    ...['host', 'path', 'tls', 'ring', 'channels', 'producers', 'log', 'slow', 'receive', 'handler'],
    ...['key', 'cert', 'socket', 'file', 'levels', 'syslog', 'bench', '*', '__proto__', 'constructor'],
  ),
  fc.string({ maxLength: 12 }),
);
const value = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(null, true, false, '', 'disconnect', '64KiB', '-1', '1e400', '/', [], {}),
);
const anything = fc.letrec((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    value,
    fc.array(tie('node'), { maxLength: 3 }),
    fc.dictionary(key, tie('node'), { maxKeys: 6 }),
  ),
})).node;

describe('settings, whatever they are', () => {
  const config = path.join(temporaryFolder(), 'x.yaml');

  function thrownBy(act: () => unknown): unknown {
    try {
      act();
    } catch (error) {
      return error;
    }
    return undefined;
  }

  it('in a file are taken, or refused with all that is wrong', () => {
    fc.assert(
      fc.property(fc.dictionary(key, anything, { maxKeys: 6 }), (content) => {
        writeFileSync(config, JSON.stringify(content));
        const thrown = thrownBy(() => readSettings({ values: { config }, origins: {} }));
        expect(thrown === undefined || thrown instanceof Failure ? undefined : thrown).toBeUndefined();
      }),
      { numRuns: RUNS },
    );
  });

  it('in a file that is no YAML, or nearly, are refused by line', () => {
    const line = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.tuple(key, fc.string({ maxLength: 10 })).map(([name, text]) => `${name}: ${text}`),
      fc.constantFrom(
        '- a',
        '&a b',
        '*a',
        '<<: *a',
        '? x',
        '!!binary x',
        'port: !!int "x"',
        '---',
        '%TAG',
        '\t',
      ),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
        writeFileSync(config, lines.join('\n'));
        const thrown = thrownBy(() => readSettings({ values: { config }, origins: {} }));
        expect(thrown === undefined || thrown instanceof Failure ? undefined : thrown).toBeUndefined();
      }),
      { numRuns: RUNS },
    );
  });

  it('of createHub are taken, or refused as misuse, with a text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.dictionary(key, anything, { maxKeys: 6 }), anything), (options) => {
        const thrown = thrownBy(() => resolveHubOptions(options as object));
        if (thrown === undefined) return;
        expect(
          thrown instanceof TypeError || thrown instanceof RangeError ? undefined : thrown,
        ).toBeUndefined();
        // One of our own: it says what must be, or what there is.
        expect((thrown as Error).message).toMatch(/ must | there (?:is|are) |needs|longest|at most/);
      }),
      { numRuns: RUNS },
    );
  });
});
