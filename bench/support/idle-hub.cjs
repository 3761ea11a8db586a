/** A hub without producers, from the build, so that nothing but the hub is in the process. Says its port, then its RSS when asked. */
const { createHub } = require('../../dist/main');

createHub({ pingIntervalMs: 0 }).then((hub) => {
  process.send({ type: 'listening', port: hub.port });
  process.on('message', () => process.send({ type: 'rss', rssBytes: process.memoryUsage.rss() }));
  process.on('disconnect', () => process.exit());
});
