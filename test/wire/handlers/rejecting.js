/** Asynchronous functions, which a handler may have: what they reject with is their failure. */
exports.onMessage = async (connection, data) => {
  await Promise.resolve();
  if (data === 'fail') throw new Error('later');
  connection.send(data);
};
