// In the service thread: subscribes to whatever a peer names, answers, and tells how large the thread's heap is.
const v8 = require('node:v8');
const vm = require('node:vm');

v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc');
const heap = new BroadcastChannel('heap');
heap.unref();
heap.onmessage = ({ data }) => {
  if (data !== 'how much') return;
  collect();
  heap.postMessage(v8.getHeapStatistics().used_heap_size);
};

/** A message is names of channels, one a line; the answer, how many of them were new to the connection. */
exports.onMessage = (connection, data) => {
  const names = typeof data === 'string' ? data.split('\n') : [Buffer.from(data).toString('latin1')];
  let subscribed = 0;
  for (const name of names) {
    try {
      if (connection.subscribe(name)) subscribed++;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  connection.send(`${subscribed}`);
};
exports.onFragment = () => {};
