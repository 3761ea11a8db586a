import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { TokenFile } from '../../../../../src/workers/service/handshake/token-file';
import { removeFolders, temporaryFolder } from '../../../../support/temporary';

afterEach(removeFolders);

const TOKEN = 'a'.repeat(32);
const OTHER = 'b'.repeat(32);

function fileWith(content: string): string {
  const file = path.join(temporaryFolder(), 'tokens');
  writeFileSync(file, content, { mode: 0o600 });
  return file;
}

function answer(tokens: TokenFile, url: string, authorization?: string) {
  return tokens.answer({
    url,
    headers: { authorization },
    channel: undefined,
    remoteAddress: '',
    protocols: [],
    secure: false,
  });
}

describe('a file of tokens', () => {
  it('lets in who has one of them, in a header or in the query, and nobody else', () => {
    const tokens = new TokenFile(fileWith(`# ours\n${TOKEN}\r\n\n${OTHER}\n`));
    const denied = expect.objectContaining({ status: 401 });
    expect(answer(tokens, '/', `Bearer ${TOKEN}`)).toBe(true);
    expect(answer(tokens, '/', `bearer  ${OTHER} `)).toBe(true);
    expect(answer(tokens, `/a?x=1&token=${TOKEN}`)).toBe(true);
    for (const [url, header] of [
      ['/'],
      ['/', `Bearer ${TOKEN}x`],
      ['/', `Bearer ${TOKEN.slice(1)}`],
      ['/', `Basic ${TOKEN}`],
      ['/', 'Bearer '],
      ['/', 'Bearer # ours'],
      ['/?token='],
      [`/?TOKEN=${TOKEN}`],
      [`/?token=${TOKEN}`, 'Bearer wrong-wrong-wrong-wrong'],
    ])
      expect([url, header, answer(tokens, url, header)]).toEqual([url, header, denied]);
    expect(answer(tokens, '/')).toMatchObject({ headers: { 'WWW-Authenticate': 'Bearer realm="ringcast"' } });
  });

  it('is refused where it holds none, one that can be guessed, or is not there', () => {
    const code = 'RINGCAST_E_AUTHORIZE_LOAD_FAILED';
    expect(() => new TokenFile(fileWith('# none\n'))).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining('holds no token') }),
    );
    expect(() => new TokenFile(fileWith(`${TOKEN}\nshort\n`))).toThrow(
      /line 2: a token of 5 characters can be guessed; 16 are the least/,
    );
    expect(() => new TokenFile('/nowhere/tokens')).toThrow(/cannot be read: ENOENT/);
  });

  it('is read again on demand, and stays as it was where that fails', () => {
    const file = fileWith(TOKEN);
    const tokens = new TokenFile(file);
    writeFileSync(file, OTHER);
    tokens.reload();
    expect([answer(tokens, `/?token=${OTHER}`), answer(tokens, `/?token=${TOKEN}`)]).toEqual([
      true,
      expect.objectContaining({ status: 401 }),
    ]);
    writeFileSync(file, '');
    expect(() => tokens.reload()).toThrow('holds no token');
    expect(answer(tokens, `/?token=${OTHER}`)).toBe(true);
  });
});
