/** What `esm.mjs` does, for threads whose loader cannot load that. */
exports.onMessage = (connection, data) => {
  connection.send(`esm: ${data}`);
};
