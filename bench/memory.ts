/**
 * Memory of the hub for each idle connection: growth of the process's RSS, from 0 to N connections.
 *
 *     npm run bench:memory -- [connections]
 */
import { Rig, sleep, type Way } from './support/rig';

async function main(): Promise<void> {
  const connections = Number(process.argv[2] ?? 5000);
  console.log('| way | RSS without connections | RSS with | per connection |');
  console.log('|---|---|---|---|');
  for (const way of ['ws-loop', 'ringcast'] as Way[]) {
    const empty = await Rig.start(way, 0, 'count');
    await sleep(2000);
    const without = await empty.rssBytes();
    await empty.end();
    const full = await Rig.start(way, connections, 'count');
    await sleep(10_000); // garbage of the handshakes
    const rss = await full.rssBytes();
    await full.end();
    const MiB = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
    console.log(
      `| ${way} | ${MiB(without)} | ${MiB(rss)} with ${connections} | ${((rss - without) / connections / 1024).toFixed(1)} KiB |`,
    );
  }
}

void main();
