// A handler module that ends the whole process in the way that a peer names.
const ways = {
  // An array in this worker that grows until the process has no memory: it takes the whole process with it.
  memory: () => {
    const kept = [];
    for (;;) kept.push(kept.length / 2);
  },
  abort: () => process.abort(),
};

exports.onMessage = (_connection, data) => ways[String(data)]();
