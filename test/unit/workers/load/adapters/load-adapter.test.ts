import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { loadAdapter } from '../../../../../src/workers/load/adapters';
import { removeFolders, temporaryFolder } from '../../../../support/temporary';

afterEach(removeFolders);

function script(name: string, text: string): string {
  const file = path.join(temporaryFolder(), name);
  writeFileSync(file, text);
  return file;
}
const BODY = '{ name: "mine", message: () => ({}) }';

test('raw is no adapter: messages are bare payloads', async () => {
  expect(await loadAdapter('raw')).toBeUndefined();
});

test.each([
  ['a.cjs', `exports.adapter = ${BODY}`],
  ['b.js', `module.exports = ${BODY}`],
  ['c.js', `module.exports = { default: ${BODY} }`],
])('loads %s: %s', async (name, text) => {
  expect((await loadAdapter(script(name, text)))?.name).toBe('mine');
});

test.each<[text: string, fault: string]>([
  ['exports.adapter = 1', 'exports no object as `adapter`, nor by default'],
  ['', 'exports no adapter: it has no `name`, which must be a text'],
  ['exports.adapter = { name: "x" }', 'has an adapter with none of url, open, wrap, message'],
  ['exports.adapter = { name: "x", wrap: 1 }', 'has an adapter whose `wrap` is no function'],
  [
    'exports.adapter = { name: "x", wrap() {}, subprotocols: "a" }',
    'whose `subprotocols` are no list of texts',
  ],
  [
    'exports.adapter = { name: "x", wrap() {}, heartbeat: 5 }',
    'whose `heartbeat` is not { everyMs, messages }',
  ],
  ['throw new Error("first\\nsecond")', 'could not be loaded: first'],
  ['require("./not-there")', "could not be loaded: Cannot find module './not-there'"],
])('says what is wrong with %j', async (text, fault) => {
  const file = script('bad.cjs', text);
  const failed = expect(loadAdapter(file)).rejects;
  await failed.toMatchObject({
    code: 'RINGCAST_E_ADAPTER_LOAD_FAILED',
    message: expect.stringContaining(`script ${file}`),
  });
  await expect(loadAdapter(file)).rejects.toThrow(fault);
});
