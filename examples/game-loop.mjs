// A game at 60 Hz that turns the hub itself: input, world, output, in that order, within one tick. The hub sets no timers.
import { once } from 'node:events';
import { createHub } from 'ringcast';
import { WebSocket } from 'ws';

const TICK_MS = 1000 / 60;
const HUB_BUDGET_MS = 4; // of a tick

const hub = await createHub({ drive: 'manual' });
const world = new Map(); // a player's place, by connection
hub.on('connection', ({ id }) => world.set(id, 0));
hub.on('message', ({ id }, steps) => world.set(id, world.get(id) + Number(steps)));
hub.on('disconnect', ({ id }) => world.delete(id));

let ticks = 0;
let longestMs = 0;
function tick() {
  const begun = performance.now();
  hub.service({ budgetMs: HUB_BUDGET_MS / 2 }); // input: events are told within this call
  hub.post('world', JSON.stringify([...world]));
  hub.service({ budgetMs: HUB_BUDGET_MS / 2 }); // output: the post is written to every player
  longestMs = Math.max(longestMs, performance.now() - begun);
  ticks++;
}
const loop = setInterval(tick, TICK_MS);

const players = await Promise.all([1, 2].map(() => join()));
players[0].send('3');
players[1].send('-2');
players[0].send('4');
await Promise.all(players.map((player) => sees(player, '[[1,7],[2,-2]]')));
console.log('both players see [[1,7],[2,-2]]');

await hub.close(); // the loop goes on meanwhile: nobody else turns the hub
clearInterval(loop);
console.log(`closed after ${ticks} ticks, the longest took ${longestMs.toFixed(1)} ms`);

async function join() {
  const player = new WebSocket(`${hub.url}/world`);
  await once(player, 'message');
  return player;
}

function sees(player, world) {
  return new Promise((resolve) => player.on('message', (data) => String(data) === world && resolve()));
}
