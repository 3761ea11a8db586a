// A handler that ends the service thread as it is told: by something thrown outside of any call, by an exit, by an endless loop.
exports.onMessage = (_connection, how) => {
  if (how === 'throw')
    setImmediate(() => {
      throw new Error('thrown by the nemesis');
    });
  else if (how === 'exit') process.exit(3);
  else if (how === 'hang') for (;;);
};
