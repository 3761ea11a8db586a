import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { listenPrivately, removeSocket } from '../../../../src/workers/service/private-socket';

let folder: string;
const servers: net.Server[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'rc-unit-'));
});
afterEach(async () => {
  for (const server of servers.splice(0)) if (server.listening) await once(server.close(), 'close');
  rmSync(folder, { recursive: true, force: true });
});

async function open(file: string): Promise<{ dev: number; ino: number }> {
  const server = net.createServer();
  servers.push(server);
  return listenPrivately(server, file);
}

const refusal = (file: string) =>
  open(file).then(
    () => 'opened',
    (error: Error) => error.message,
  );

describe('a private socket', () => {
  it('has mode 0600, and nothing is left beside it', async () => {
    const file = path.join(folder, 'hub.sock');
    const identity = await open(file);
    expect(statSync(file).mode & 0o7777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['hub.sock']);
    removeSocket(file, identity);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is not put over a file, nor over a socket that somebody listens on', async () => {
    const file = path.join(folder, 'file');
    writeFileSync(file, 'precious');
    expect(await refusal(file)).toMatch(/is no socket: it is left alone, choose another path/);
    expect(readFileSync(file, 'utf8')).toBe('precious');
    const socket = path.join(folder, 'hub.sock');
    await open(socket);
    expect(await refusal(socket)).toMatch(
      /another hub listens on .*hub\.sock: choose another path, or end that hub/,
    );
    expect(readdirSync(folder).sort()).toEqual(['file', 'hub.sock']);
  });

  it('is had by one of many that want it at once', async () => {
    for (let round = 0; round < 20; round++) {
      const file = path.join(folder, `${round}.sock`);
      const answers = await Promise.all([1, 2, 3, 4, 5].map(() => refusal(file)));
      expect(answers.filter((answer) => answer === 'opened')).toHaveLength(1);
    }
    expect(readdirSync(folder)).toHaveLength(20);
  });

  it('is not made in a directory that is missing, or where others could replace it', async () => {
    expect(await refusal(path.join(folder, 'none', 'hub.sock'))).toMatch(
      /none does not exist: make it first/,
    );
    const shared = path.join(folder, 'shared');
    mkdirSync(shared);
    for (const mode of [0o777, 0o770, 0o702]) {
      chmodSync(shared, mode);
      expect(await refusal(path.join(shared, 'hub.sock'))).toMatch(
        `others may write to the directory ${shared} (mode 0${mode.toString(8)}): chmod go-w it, or use another`,
      );
    }
    chmodSync(shared, 0o1777);
    expect(await refusal(path.join(shared, 'hub.sock'))).toBe('opened');
  });

  it('needs an absolute path that the kernel can hold', async () => {
    expect(await refusal('hub.sock')).toBe("hub.sock is not an absolute path: begin it with '/'");
    expect(await refusal(path.join(folder, 'x'.repeat(107 - folder.length)))).toMatch(
      /path of 108 bytes is too long for a socket .*: the longest is 107 bytes/,
    );
    const deep = path.join(folder, 'd'.repeat(95 - folder.length));
    mkdirSync(deep);
    expect(await refusal(path.join(deep, 's'))).toMatch(
      /is too long for a socket's path: the longest is 94 bytes/,
    );
    const longest = path.join(folder, 'd'.repeat(93 - folder.length));
    mkdirSync(longest);
    expect(await refusal(path.join(longest, 's'.repeat(12)))).toBe('opened');
  });
});
