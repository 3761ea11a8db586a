/** A hub that receives fragments, from the build, with nothing else in its process. Reports its memory when asked. */
const path = require('node:path');
const { createHub } = require('../../dist/main');

const SAMPLE_MS = 10;
let peakRssBytes = 0;
const look = () => {
  peakRssBytes = Math.max(peakRssBytes, process.memoryUsage.rss());
};

createHub({
  channels: {
    handler: { receive: 'fragments', handler: path.join(__dirname, 'fragments-counter.cjs') },
    application: { receive: 'fragments' },
  },
}).then((hub) => {
  let counted = { messageBytes: 0, pieces: 0 };
  const counts = new BroadcastChannel('fragments');
  counts.onmessage = ({ data }) => {
    counted = data;
  };
  let pieces = 0;
  hub.on('fragment', ({ id }, _bytes, { first, final, remaining, messageBytes }) => {
    pieces = first ? 1 : pieces + 1;
    if (!final || remaining > 0) return;
    counted = { messageBytes, pieces };
    void hub.send(id, 'taken');
  });
  setInterval(look, SAMPLE_MS);
  process.on('message', () => {
    look();
    process.send({ ...counted, rssBytes: process.memoryUsage.rss(), peakRssBytes });
    peakRssBytes = 0;
  });
  process.on('disconnect', () => process.exit());
  process.send({ type: 'listening', port: hub.port });
});
