// Blocks the service thread until the file that a peer names exists: a hub that takes nothing.
const { existsSync } = require('node:fs');

const never = new Int32Array(new SharedArrayBuffer(4));

exports.onMessage = (connection, file) => {
  connection.send('blocked');
  while (!existsSync(file)) Atomics.wait(never, 0, 0, 5);
};
