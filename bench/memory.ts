/**
 * Memory of the hub for each idle connection: RSS of a process with nothing but a hub, with 0, N and 2 N connections.
 *
 *     npm run bench:memory -- [N]        (default 5000)
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { sleep } from './support/rig';

/** Garbage of the handshakes goes meanwhile. */
const SETTLE_MS = 10_000;

async function receivers(port: number, count: number): Promise<ChildProcess> {
  const child = fork(
    path.join(__dirname, 'support', 'receivers.ts'),
    [String(port), String(count), 'count'],
    {
      execArgv: ['-r', 'ts-node/register/transpile-only'],
    },
  );
  await once(child, 'message');
  return child;
}

async function main(): Promise<void> {
  const step = Number(process.argv[2] ?? 5000);
  const hub = fork(path.join(__dirname, 'support', 'idle-hub.cjs'), { execArgv: [] });
  const [{ port }] = (await once(hub, 'message')) as [{ port: number }];
  const rss = async (): Promise<number> => {
    await sleep(SETTLE_MS);
    hub.send('rss');
    const [{ rssBytes }] = (await once(hub, 'message')) as [{ rssBytes: number }];
    return rssBytes;
  };
  const sizes = [await rss()];
  const peers: ChildProcess[] = [];
  for (let set = 1; set <= 2; set++) {
    peers.push(await receivers(port, step));
    sizes.push(await rss());
  }
  console.log('| connections | RSS | per connection since the line above |');
  console.log('|---|---|---|');
  sizes.forEach((size, index) => {
    const each = index === 0 ? '' : `${((size - sizes[index - 1]) / step / 1024).toFixed(1)} KiB`;
    console.log(`| ${index * step} | ${(size / 2 ** 20).toFixed(1)} MiB | ${each} |`);
  });
  for (const child of [...peers, hub]) child.disconnect();
}

void main();
