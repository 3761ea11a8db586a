// Blocks the service thread for as long as the message says.
exports.onMessage = (_connection, milliseconds) => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(milliseconds));
};
