// The handler of channel `lobby` in handler.mjs. Thread: the service's: whatever it does delays every peer.

export function onConnection(connection) {
  connection.data = { joined: 0 }; // yours, for as long as the connection lives
  connection.send(`welcome, you are connection ${connection.id}`);
}

export function onMessage(connection, data) {
  const [command, room] = String(data).split(' ');
  if (command === 'join' && connection.subscribe(room)) {
    connection.data.joined++;
    connection.send(`you are in ${room}`);
  } else if (command === 'leave' && connection.unsubscribe(room)) {
    connection.send(`you left ${room}`);
  } else {
    connection.send(`cannot ${command} ${room}`);
  }
}

export function onClose(connection, code) {
  console.log(`connection ${connection.id} ended with ${code}, it had joined ${connection.data.joined} room`);
}
