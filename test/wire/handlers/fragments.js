/** Receives fragments: says of each piece what it is, and counts. A text message may be a command. */
const { createHash } = require('node:crypto');

exports.onConnection = (connection) => {
  connection.data = { hash: createHash('sha256'), pieces: 0, largest: 0 };
};

exports.onMessage = () => {
  throw new Error('a message, where fragments are received');
};

exports.onFragment = (connection, bytes, fragment) => {
  const { first, final, remaining, binary, messageBytes } = fragment;
  const { data } = connection;
  data.pieces++;
  data.largest = Math.max(data.largest, bytes.length);
  if (binary) data.hash.update(bytes);
  else {
    const text = Buffer.from(bytes).toString();
    connection.send(JSON.stringify([text, first, final, remaining, messageBytes]));
    obey(connection, text);
  }
  if (binary && final && remaining === 0) {
    const digest = data.hash.digest('hex');
    connection.send(JSON.stringify({ messageBytes, digest, pieces: data.pieces, largest: data.largest }));
    data.hash = createHash('sha256');
  }
};

function obey(connection, command) {
  switch (command) {
    case 'pause':
      connection.pause();
      setTimeout(() => {
        connection.send('resumed');
        connection.resume();
      }, 300);
      break;
    case 'throw':
      throw new Error('told to');
    case 'close':
      connection.close(4_000, 'as you like');
      break;
    case 'upload': {
      const message = connection.beginMessage();
      void (async () => {
        for (let part = 0; part < 40; part++) await message.write(Buffer.alloc(100_000, part));
        await message.end();
      })();
      break;
    }
  }
}
