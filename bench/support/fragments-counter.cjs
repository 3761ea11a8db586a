/** A handler that counts what it gets, tells it with each message's end, and answers it. */
const counts = new BroadcastChannel('fragments');
counts.unref();
let pieces = 0;

exports.onFragment = (connection, _bytes, { first, final, remaining, messageBytes }) => {
  pieces = first ? 1 : pieces + 1;
  if (!final || remaining > 0) return;
  counts.postMessage({ messageBytes, pieces });
  connection.send('taken');
};
