// pino as the emitter: ringcast's lines, of every thread, go where the application's own lines go.
import { once } from 'node:events';
import pino from 'pino';
import { createHub, log, setLogLevel } from 'ringcast';
import { WebSocket } from 'ws';

// pino has no notice: it stands between info (30) and warn (40). The time is that of the call, in its own thread.
const logger = pino(
  { level: 'debug', customLevels: { notice: 35 }, timestamp: false },
  pino.destination({ fd: 1, sync: true }),
);
const PINO_LEVELS = { err: 'error', warn: 'warn', notice: 'notice', info: 'info', debug: 'debug' };

setLogLevel('info', ({ level, time, thread, connection, similar, message }) => {
  logger[PINO_LEVELS[level]]({ time, thread, connection, similar }, message);
});

const hub = await createHub();
const peer = new WebSocket(`${hub.url}/news`);
await once(peer, 'open');
log.warn('the application may use the same log', { connection: 1 });
await hub.close();
