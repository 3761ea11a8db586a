/**
 * Latency at an even rate: 100 messages/s to 1,000 connections (100,000 deliveries/s), from post to receive, ringcast
 * against a loop of `ws.send` fed by postMessage, in turns within one run; then a minute of ringcast, to see growth.
 *
 *     npm run bench:latency -- [connections] [messages per second]
 */
import { median, Rig, sleep, type Way, type Window } from './support/rig';

const ROUNDS = 5;
const WARM_UP_S = 3;
const WINDOW_S = 8;
const MINUTE_WINDOWS = 6;

async function main(): Promise<void> {
  const connections = Number(process.argv[2] ?? 1000);
  const rate = Number(process.argv[3] ?? 100);
  const rigs = new Map<Way, { rig: Rig; windows: Window[] }>();
  for (const way of ['ws-loop', 'ringcast'] as const)
    rigs.set(way, { rig: await Rig.start(way, connections, 'latency'), windows: [] });

  for (let round = 0; round <= ROUNDS; round++) {
    for (const [way, { rig, windows }] of rigs) {
      rig.run(rate);
      await sleep(WARM_UP_S * 1000);
      const window = await rig.window(WINDOW_S);
      await rig.pause();
      if (round === 0) continue;
      windows.push(window);
      console.error(
        `round ${round}  ${way.padEnd(9)} p50 ${window.p50Us.toFixed(0)} µs  p99 ${window.p99Us.toFixed(0)} µs`,
      );
    }
  }
  console.log('| way | deliveries/s | p50 | p99 | max |');
  console.log('|---|---|---|---|---|');
  for (const [way, { windows }] of rigs) {
    const ms = (key: 'p50Us' | 'p99Us' | 'maxUs') =>
      (median(windows.map((window) => window[key])) / 1000).toFixed(2);
    const perSecond = median(windows.map((window) => window.deliveriesPerSecond));
    console.log(
      `| ${way} | ${perSecond.toFixed(0)} | ${ms('p50Us')} ms | ${ms('p99Us')} ms | ${ms('maxUs')} ms |`,
    );
  }

  const { rig } = rigs.get('ringcast') as { rig: Rig };
  rig.run(rate);
  await sleep(WARM_UP_S * 1000);
  const minute: string[] = [];
  for (let index = 0; index < MINUTE_WINDOWS; index++) {
    const window = await rig.window(10);
    minute.push(`${(window.p50Us / 1000).toFixed(2)}/${(window.p99Us / 1000).toFixed(2)}`);
  }
  console.log(`ringcast over a minute, p50/p99 in ms of each 10 s: ${minute.join('  ')}`);
  await rig.pause();
  await Promise.all(Array.from(rigs.values(), (entry) => entry.rig.end()));
}

void main();
