import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { defaultProducerSocket, makeSocketDirectory } from '../../../src/main/producer-socket';

describe('the default socket', () => {
  it("lies in the user's runtime directory, by the hub's name", () => {
    const environment = { XDG_RUNTIME_DIR: '/run/user/1000' };
    expect(defaultProducerSocket(undefined, environment)).toBe(
      '/run/user/1000/ringcast/default.producers.sock',
    );
    expect(defaultProducerSocket('news', environment)).toBe('/run/user/1000/ringcast/news.producers.sock');
  });

  it.each([{}, { XDG_RUNTIME_DIR: '' }, { XDG_RUNTIME_DIR: 'relative' }])(
    'lies in a directory of this user in /tmp, if there is no runtime directory: %j',
    (environment) => {
      expect(defaultProducerSocket(undefined, environment)).toBe(
        `/tmp/ringcast-${process.getuid?.()}/default.producers.sock`,
      );
    },
  );

  it('gets a directory of mode 0700', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'ringcast-unit-'));
    try {
      const socket = path.join(folder, 'ringcast', 'default.producers.sock');
      makeSocketDirectory(socket);
      makeSocketDirectory(socket);
      expect(statSync(path.dirname(socket)).mode & 0o7777).toBe(0o700);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
