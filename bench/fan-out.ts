/**
 * Fan-out at saturation: deliveries per second of service-thread CPU, ringcast against a loop of `ws.send` fed by
 * postMessage, in turns within one run.
 *
 *     npm run bench:fan-out -- [connections…]        (default 1000 5000; the loop is measured with the first)
 */
import { median, Rig, type Window } from './support/rig';

const ROUNDS = 5;
const WARM_UP_S = 3;
const WINDOW_S = 4;
const SETTLE_S = 1;

async function main(): Promise<void> {
  const counts = process.argv.slice(2).map(Number);
  if (counts.length === 0) counts.push(1000, 5000);
  const rigs: { name: string; rig: Rig; windows: Window[] }[] = [];
  rigs.push({
    name: `ws-loop, ${counts[0]} connections`,
    rig: await Rig.start('ws-loop', counts[0], 'count'),
    windows: [],
  });
  for (const count of counts)
    rigs.push({
      name: `ringcast, ${count} connections`,
      rig: await Rig.start('ringcast', count, 'count'),
      windows: [],
    });

  for (let round = 0; round <= ROUNDS; round++) {
    for (const { name, rig, windows } of rigs) {
      rig.run('saturate');
      await new Promise((resolve) => setTimeout(resolve, WARM_UP_S * 1000));
      const window = await rig.window(WINDOW_S);
      await rig.pause();
      await new Promise((resolve) => setTimeout(resolve, SETTLE_S * 1000));
      if (round === 0) continue; // warm-up of the compiler
      windows.push(window);
      console.error(
        `round ${round}  ${name.padEnd(28)} ${(window.deliveriesPerSecond / 1e6).toFixed(2)} M/s  ${(window.deliveriesPerCpuSecond / 1e6).toFixed(2)} M per CPU second`,
      );
    }
  }
  await Promise.all(rigs.map(({ rig }) => rig.end()));

  const figure = (windows: Window[], key: keyof Window) => median(windows.map((window) => window[key]));
  const loop = figure(rigs[0].windows, 'deliveriesPerCpuSecond');
  console.log('| way | deliveries/s | per CPU second of the service thread | CPU per delivery | ratio |');
  console.log('|---|---|---|---|---|');
  for (const { name, windows } of rigs) {
    const perCpu = figure(windows, 'deliveriesPerCpuSecond');
    console.log(
      `| ${name} | ${(figure(windows, 'deliveriesPerSecond') / 1e6).toFixed(2)} M | ${(perCpu / 1e6).toFixed(2)} M | ${figure(windows, 'cpuUsPerDelivery').toFixed(4)} µs | ${(perCpu / loop).toFixed(1)} × |`,
    );
  }
}

void main();
