import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { HubErrorCode } from '../../../../src/shared/errors';
import { loadHandlerModule, uncalledFunction } from '../../../../src/workers/service/handler-module';

describe('loading a handler module', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'ringcast-handlers-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function write(name: string, text: string): string {
    const file = path.join(folder, name);
    writeFileSync(file, text);
    return file;
  }

  it.each([
    ['named exports', 'exports.onMessage = () => "m";'],
    ['module.exports', 'module.exports = { onMessage: () => "m" };'],
    ['a default export', 'exports.default = { onMessage: () => "m" };'],
    ['named exports beside a default one', 'exports.default = {}; exports.onMessage = () => "m";'],
  ])('finds its functions in %s', async (what, text) => {
    const module = await loadHandlerModule(write(`${what.replaceAll(' ', '-')}.js`, text));
    expect(typeof module.onMessage).toBe('function');
  });

  it.each([
    ['a file that is not there', undefined, 'could not be loaded: Cannot find module'],
    ['a file that throws', 'throw new Error("not today")', 'could not be loaded: not today'],
    ['a file that is no JavaScript', 'this is none', 'could not be loaded: '],
    [
      'a file without any of them',
      'exports.onmessage = () => {}',
      'exports none of onConnection, onMessage, onFragment, onGap, onClose',
    ],
    ['values that are no functions', 'exports.onMessage = 5', 'exports none of'],
  ])('refuses %s, and names it', async (what, text, message) => {
    const name = `${what.replaceAll(' ', '-')}.js`;
    const file = text === undefined ? path.join(folder, name) : write(name, text);
    await expect(loadHandlerModule(file)).rejects.toMatchObject({
      name: 'HubError',
      code: HubErrorCode.HANDLER_LOAD_FAILED,
      message: expect.stringContaining(message),
    });
    await expect(loadHandlerModule(file)).rejects.toThrow(file);
    await expect(loadHandlerModule(file)).rejects.not.toThrow(/\n/);
  });
});

describe('a function of a handler module', () => {
  const [onMessage, onFragment] = [() => {}, () => {}];
  it.each([
    [{ onMessage }, 'fragments', 'onMessage'],
    [{ onFragment }, 'message', 'onFragment'],
    [{ onMessage, onFragment }, 'fragments', undefined],
    [{ onMessage, onFragment }, 'message', undefined],
    [{ onMessage }, 'message', undefined],
    [{}, 'fragments', undefined],
  ] as const)('is told of when it is never called: %p, %s', (handler, receive, uncalled) => {
    expect(uncalledFunction(handler, receive)).toBe(uncalled);
  });
});
