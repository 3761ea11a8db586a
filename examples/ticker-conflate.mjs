// A ticker: prices of ten symbols, and a peer that stops reading for a while. It misses old prices, and never the newest of
// a symbol; the other peer sees every one of them.
import { setImmediate } from 'node:timers/promises';
import { createHub } from 'ringcast';
import { WebSocket } from 'ws';

const SYMBOLS = ['AAPL', 'AMZN', 'BMW', 'GOOG', 'IBM', 'META', 'MSFT', 'NFLX', 'SAP', 'SONY'];
const NOTE = 'n'.repeat(2_000); // so that the buffers of the kernel fill up sooner

const hub = await createHub({
  channels: {
    prices: {
      slow: 'conflate',
      maxLagBytes: 256 * 1024,
      gapMessage: '{"missed":{missed}}', // what the peer is told in the place of what it misses
    },
  },
});

/** A peer that remembers the last price of each symbol. */
async function watch() {
  const socket = new WebSocket(`${hub.url}/prices`);
  const watcher = { socket, prices: new Map(), messages: 0, missed: 0 };
  socket.on('message', (data) => {
    const { symbol, price, missed } = JSON.parse(data);
    if (missed !== undefined) {
      watcher.missed += missed;
      return;
    }
    watcher.messages++;
    watcher.prices.set(symbol, price);
  });
  await new Promise((resolve) => socket.once('open', resolve));
  return watcher;
}

let price = 0;
async function tick() {
  for (const symbol of SYMBOLS) {
    const data = JSON.stringify({ symbol, price: ++price, note: NOTE });
    await hub.producer.postAsync('prices', data, { key: symbol });
  }
  await setImmediate(); // the peers live in this thread, too
}

const begun = new Promise((resolve) => hub.once('gap', resolve));
const over = new Promise((resolve) => hub.on('gap', (_info, gap) => gap.over && resolve(gap)));

const quick = await watch();
const sleepy = await watch();
sleepy.socket.pause();

let behind = false;
begun.then(() => {
  behind = true;
});
while (!behind) await tick(); // until the hub has seen that it does not read
for (let more = 0; more < 50; more++) await tick();

sleepy.socket.resume();
const { conflated } = await over;
while (quick.messages < price || sleepy.prices.get('SONY') !== price) await setImmediate();

const newest = [...quick.prices].every(([symbol, last]) => sleepy.prices.get(symbol) === last);
console.log(`the quick peer got all of them: ${quick.messages === price}`);
console.log(`the other one got the newest price of each symbol: ${newest}`);
console.log(`it was told what it missed: ${sleepy.missed === conflated && conflated > 0}`);
console.log(`together that is all: ${sleepy.messages + conflated === price}`);

quick.socket.close();
sleepy.socket.close();
await hub.close();
