// Takes its time over each message, as a handler should not, and answers.
exports.onMessage = (connection, data) => {
  const end = performance.now() + 1;
  while (performance.now() < end);
  connection.send(data === 'last' ? 'done' : '.');
};
exports.onFragment = (connection, bytes) => exports.onMessage(connection, Buffer.from(bytes).toString());
