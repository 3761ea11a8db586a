/** A CommonJS handler module: what a peer says is a command. */
exports.onConnection = (connection) => {
  connection.data = 0;
  connection.send(`welcome to ${connection.channel}`);
};
exports.onMessage = (connection, data) => {
  if (typeof data !== 'string') {
    connection.send(data);
    return;
  }
  const [command, argument] = data.split(' ');
  switch (command) {
    case 'count':
      connection.send(`${++connection.data}`);
      break;
    case 'join':
      connection.send(`joined ${connection.subscribe(argument)}`);
      break;
    case 'part':
      connection.send(`parted ${connection.unsubscribe(argument)}`);
      break;
    case 'leave':
      connection.close(4_000, 'as you like');
      break;
    case 'throw':
      throw new Error(`told to throw: ${argument}`);
    case 'throw-a-function':
      throw Object.assign(() => {}, { message: Symbol('no text either') });
    case 'reject':
      setTimeout(() => {
        throw new Error('thrown later');
      }, 0);
      break;
    case 'exit':
      process.exit(3);
      break;
    case 'block': {
      const end = Date.now() + Number(argument);
      while (Date.now() < end);
      break;
    }
    default:
      connection.send(`what is ${data}?`);
  }
};
