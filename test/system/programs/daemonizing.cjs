// A program that becomes a daemon, and fails in the way that its first argument names.
const { Worker } = require('node:worker_threads');
const { createHub, daemonize } = require('../../../dist/main');

const ways = {
  works: (daemon) => daemon.ready({ said: 'hello' }),
  throws: () => {
    throw new Error('it broke');
  },
  fails: (daemon) => daemon.fail(Object.assign(new Error('no database'), { exitCode: 42 })),
  exits: () => {
    console.error('last words');
    process.exit(7);
  },
  dies: () => process.kill(process.pid, 'SIGKILL'),
  hangs: () => setInterval(() => {}, 1_000),
};

async function main(way, alone) {
  const supervise = alone === undefined;
  const startTimeoutMs = way === 'hangs' ? 2_000 : 30_000;
  const daemon = await daemonize({ lock: 'x.pid', logFile: 'x.log', startTimeoutMs, supervise });
  daemon.onStatus(() => ({ before: daemon.before }));
  const hub = await createHub();
  daemon.onStop(() => hub.close());
  await ways[way](daemon);
}

if (process.argv[2] === 'in a worker') {
  const program = `require(${JSON.stringify(require.resolve('../../../dist/main'))}).daemonize({ lock: 'x.pid' }).catch((error) => console.log(error.code, error.message))`;
  new Worker(program, { eval: true });
} else void main(process.argv[2], process.argv[3]);
