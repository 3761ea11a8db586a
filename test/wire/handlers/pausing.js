/** Stops reading a peer that says so, until another one tells it to go on. */
const paused = [];
exports.onMessage = (connection, data) => {
  if (data === 'pause') {
    connection.pause();
    paused.push(connection);
  } else if (data === 'resume') for (const other of paused.splice(0)) other.resume();
  else connection.send(`heard ${data}`);
};
