// In the service thread: how late its event loop comes round.
const { monitorEventLoopDelay } = require('node:perf_hooks');

const RESOLUTION_MS = 5;
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();
const channel = new BroadcastChannel('loop-delay');
channel.unref();
channel.onmessage = ({ data }) => {
  if (data === 'reset') delay.reset();
  // What is measured is the time between two looks: the pause itself is no delay.
  const late = (ns) => Math.max(0, ns / 1e6 - RESOLUTION_MS);
  if (data === 'report')
    channel.postMessage({
      p50Ms: late(delay.percentile(50)),
      p99Ms: late(delay.percentile(99)),
      maxMs: late(delay.max),
    });
};
exports.onMessage = () => {};
