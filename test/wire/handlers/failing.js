/** Fails as its peers wish, and numbers what it says: a fresh one begins with 1. */
let said = 0;

const FAULTS = {
  throw: () =>
    setImmediate(() => {
      throw new Error('thrown later');
    }),
  exit: () => process.exit(3),
  hang: () => {
    for (;;);
  },
  count: (connection) => connection.send(String(++said)),
};

exports.onMessage = (connection, fault) => FAULTS[fault](connection);
