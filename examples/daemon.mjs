// A program of your own that becomes a daemon: it ticks once a second until it is stopped.
//   node examples/daemon.mjs                                   (or with the path of another lock file)
//   npx ringcast status --lock /tmp/ringcast-example.pid
//   npx ringcast stop   --lock /tmp/ringcast-example.pid
import { createHub, daemonize } from 'ringcast';

const lock = process.argv[2] ?? '/tmp/ringcast-example.pid';

// What stands before this line runs twice: in the process that you start, and in the daemon. The first one goes no further:
// it waits for `ready`, or prints what went wrong, and ends.
const daemon = await daemonize({ lock, logFile: lock.replace(/\.pid$/, '.log') });

const hub = await createHub({ port: Number(process.env.PORT ?? 0) }).catch((error) => daemon.fail(error));
let everyMs = 1_000;
const tick = () => hub.post('ticks', `It is ${new Date().toISOString()}`);
let timer = setInterval(tick, everyMs);

daemon
  .onStatus(async () => ({ url: hub.url, everyMs, stats: await hub.stats() }))
  .onReload(() => {
    clearInterval(timer);
    everyMs /= 2;
    timer = setInterval(tick, everyMs);
    return { applied: ['everyMs'] };
  })
  .onHealth(() => hub.health())
  .onStop(({ restart }) => hub.close({ restart }));

console.log(`Ticking at ${hub.url}/ticks`); // to the terminal while it starts, and to the log
await daemon.ready();
console.log('From here on only the log hears of it.');
