/** Who may come in, from the command line and with a real browser. */
import { once } from 'node:events';
import { appendFileSync, copyFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { endAll, startHub, until, whenOver } from '../support/hubs';
import { Program, RINGCAST, ROOT } from '../support/program';
import { removeFolders, temporaryFolder } from '../support/temporary';
import { WsPeer } from '../support/ws-peer';

const CHROMIUM = '/usr/bin/chromium';
const TOKEN = 'f00dfacef00dfacef00dfacef00dface';
const OTHER = 'c0ffeec0ffeec0ffeec0ffeec0ffeeee';

afterEach(async () => {
  await endAll();
  removeFolders();
});

async function running(...args: string[]): Promise<{ program: Program; url: string }> {
  const program = new Program(RINGCAST, ['run', '--port', '0', '--no-socket', ...args]);
  whenOver(async () => {
    program.process.kill('SIGINT');
    await program.ended;
  });
  const [, url] = await program.prints(/Listening on (ws\S+)\/CHANNEL/, 'stderr');
  return { program, url };
}

describe('ringcast run', () => {
  it('--token-file lets in who has a token of it, and a reload reads it again; the log never has one', async () => {
    const file = path.join(temporaryFolder(), 'tokens');
    writeFileSync(file, `${TOKEN}\n`, { mode: 0o600 });
    const { program, url } = await running('--token-file', file, '--log-level', 'debug');
    await WsPeer.open(`${url}/log?token=${TOKEN}`);
    const headers = { Authorization: `Bearer ${TOKEN}` };
    const peer = await WsPeer.open(`${url}/log`, [], { headers });
    await expect(WsPeer.open(`${url}/log?token=${OTHER}`)).rejects.toThrow('401');
    await expect(WsPeer.open(`${url}/log`)).rejects.toThrow('401');
    appendFileSync(file, `${OTHER}\n`);
    program.process.kill('SIGHUP');
    const mayCome = () =>
      WsPeer.open(`${url}/log?token=${OTHER}`).then(
        () => true,
        () => false,
      );
    await until(mayCome, 'the new token holds');
    expect(peer.ws.readyState).toBe(peer.ws.OPEN);
    expect(program.stdout + program.stderr).not.toMatch(new RegExp(`${TOKEN}|${OTHER}`));
  });

  it('--allow-origin, --trusted-proxy and --max-connections-per-address do what they say', async () => {
    const flags = ['--allow-origin', 'https://app.example.com', '--allow-origin', 'same-host'];
    const { program, url } = await running(
      ...flags,
      '--trusted-proxy',
      '127.0.0.1',
      '--max-connections-per-address',
      '1',
    );
    const from = (origin: string, client: string) =>
      WsPeer.open(`${url}/log`, [], { origin, headers: { 'X-Forwarded-For': client } });
    await from('https://app.example.com', '192.0.2.1');
    await from(url.replace('ws:', 'http:'), '192.0.2.2');
    await expect(from('https://evil.example', '192.0.2.3')).rejects.toThrow('403');
    await expect(from('https://app.example.com', '192.0.2.1')).rejects.toThrow('503');
    await program.prints(
      /warn \S* ?refused a peer with 403: a page of "https:\/\/evil\.example" is not of this host: see the option origins/,
      'stderr',
    );
  });

  it.each([
    [
      ['--allow-origin', 'https://app.example.com/'],
      2,
      "'https://app.example.com/' is invalid",
      'with nothing behind it',
    ],
    [['--allow-origin', '*.example.com'], 2, "'*.example.com' is invalid", 'such as https://app.example.com'],
    [['--trusted-proxy', 'localhost'], 2, "'localhost' is invalid", 'an address or a range'],
    [['--max-connections-per-address', '0'], 2, "'0' is invalid", 'whole number, 1 or more'],
    [
      ['--token-file', '/nowhere/tokens'],
      1,
      'tokenFile /nowhere/tokens cannot be read: ENOENT',
      'Mend the file',
    ],
  ])('%j starts nothing', async (args, expected, message, remedy) => {
    const { code, stdout, stderr } = await new Program(RINGCAST, ['run', '--port', '0', ...args]).ended;
    expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toContain(remedy);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('ends with 1 and a clear text where the key does not belong to the certificate', async () => {
    const folder = temporaryFolder();
    const pem = (name: string) => path.join(ROOT, 'test/support', `${name}.pem`);
    copyFileSync(pem('test-key'), path.join(folder, 'key.pem'));
    copyFileSync(pem('second-cert'), path.join(folder, 'cert.pem'));
    const config = path.join(folder, 'ringcast.yaml');
    writeFileSync(config, 'tls: { key: ./key.pem, cert: ./cert.pem }\n');
    const { code, stderr } = await new Program(RINGCAST, ['run', '--port', '0', '--config', config]).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /Cannot serve wss: tls\.key and tls\.cert cannot be used: [^\n]*\nGive a certificate and the key/,
    );
  });

  it('reads all of it from a configuration file, and says what is wrong with it', async () => {
    const folder = temporaryFolder();
    const config = path.join(folder, 'ringcast.yaml');
    writeFileSync(
      config,
      'origins: [https://app.example.com/]\ntrustedProxies: nowhere\nrequireOrigin: 5\nauthorize: ./none.mjs\nmaxHeaderBytes: 1\n',
    );
    const { code, stderr } = await new Program(RINGCAST, ['config', 'validate', config]).ended;
    expect(code).toBe(2);
    for (const [line, text] of [
      [1, 'origins is wrong: origins[0] is "https://app.example.com/": it must be scheme://host'],
      [2, 'trustedProxies is wrong: trustedProxies[0] is "nowhere"'],
      [3, 'requireOrigin is 5: it must be true or false'],
      [4, 'authorize is "./none.mjs"'],
      [5, 'maxHeaderBytes is 1: it must be a size'],
    ] as const)
      expect(stderr).toContain(`line ${line}: ${text}`);
    writeFileSync(
      path.join(folder, 'authorize.mjs'),
      'export const authorize = ({ channel }) => channel === "a" && { identity: "x" };\n',
    );
    writeFileSync(config, 'authorize: ./authorize.mjs\norigins: any\ntrustedProxies: 10.0.0.0/8\n');
    const { url } = await running('--config', config);
    await WsPeer.open(`${url}/a`, [], { origin: 'https://anywhere.example' });
    await expect(WsPeer.open(`${url}/b`)).rejects.toThrow('401');
  });
});

describe('a real browser', () => {
  it('gets no socket for a page of another origin, and one for a page of the same host', async () => {
    const page = http.createServer((_request, response) =>
      response.setHeader('Content-Type', 'text/html').end('<p>a page</p>'),
    );
    page.listen(0, '127.0.0.1');
    await once(page, 'listening');
    whenOver(() => {
      page.close();
      page.closeAllConnections();
    });
    const foreign = await startHub({ serviceThread: false });
    const own = await startHub({ server: page, path: '/live' });
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    whenOver(() => browser.close());
    const tab = await browser.newPage();
    const { port } = page.address() as AddressInfo;
    await tab.goto(`http://127.0.0.1:${port}/`);
    const connect = (url: string) =>
      tab.evaluate(
        (target) =>
          new Promise<string>((resolve) => {
            const socket = new WebSocket(target);
            socket.onopen = () => resolve('open');
            socket.onclose = ({ code }) => resolve(`closed ${code}`);
          }),
        url,
      );
    expect(await connect(`${foreign.url}/a`)).toBe('closed 1006');
    expect(await connect(`${own.url}/a`)).toBe('open');
    expect(await foreign.stats()).toMatchObject({ accepted: 0, rejections: { origin: 1 } });
    await foreign.reconfigure({ serviceThread: false, origins: [`http://127.0.0.1:${port}`] });
    expect(await connect(`${foreign.url}/a`)).toBe('open');
    expect((await own.stats()).accepted).toBe(1);
  });
});
