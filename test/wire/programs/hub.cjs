// A hub in a process of its own that does what it is told: each line of standard input is a number and a command, each line
// of standard output the same number and the answer.
const { closeSync, openSync, readFileSync } = require('node:fs');
const readline = require('node:readline');
const { createHub } = require('ringcast');

const opened = [];

/** Opens so many descriptors, or as many as there are. */
function open(count) {
  try {
    for (let at = 0; at < count; at++) opened.push(openSync('/dev/null'));
  } catch (error) {
    if (error.code !== 'EMFILE') throw error;
  }
  return opened.length;
}

async function main({ tls, ...options }) {
  if (tls) options.tls = { key: readFileSync(tls.key), cert: readFileSync(tls.cert) };
  const hub = await createHub(options);
  const commands = {
    port: () => hub.port,
    stats: () => hub.stats(),
    post: (text) => hub.post('ticks', text),
    open: (count) => open(count),
    close: () => opened.splice(0).map(closeSync).length,
  };
  const input = readline.createInterface({ input: process.stdin });
  input.on('line', async (line) => {
    const [number, name, argument] = JSON.parse(line);
    console.log(`${number} ${JSON.stringify((await commands[name](argument)) ?? null)}`);
  });
  input.on('close', () => hub.close({ deadlineMs: 0 }));
}

void main(JSON.parse(process.argv[2]));
