/** An ESM handler module. */
export function onMessage(connection, data) {
  connection.send(`esm: ${data}`);
}
