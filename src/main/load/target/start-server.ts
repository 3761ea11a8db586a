/** Servers by name. Each one's module is loaded when it is wanted: what it needs may not be installed. */
import type { LoadPlan } from '../../../shared/load/plan';
import type { EchoSettings, RunningServer, ServerAddress, ServerName } from './running-server';

/** What a server is started with. Without a plan (`ringcast serve`) it is not known who will come. */
export type StartServer = (
  address: ServerAddress,
  plan?: LoadPlan,
  settings?: EchoSettings,
) => Promise<RunningServer>;

const SERVERS: Record<ServerName, () => StartServer> = {
  hub: () => (require('./servers/hub') as typeof import('./servers/hub')).startHub,
  ringcast: () => (require('./servers/ringcast') as typeof import('./servers/ringcast')).startRingcast,
  echo: () => (require('./servers/echo') as typeof import('./servers/echo')).startEcho,
  sink: () => (require('./servers/sink') as typeof import('./servers/sink')).startSink,
  'ws-loop': () => (require('./servers/ws-loop') as typeof import('./servers/ws-loop')).startWsLoop,
  'ws-broadcastchannel': () =>
    (require('./servers/ws-broadcastchannel') as typeof import('./servers/ws-broadcastchannel'))
      .startWsBroadcastChannel,
  'socket.io': () => (require('./servers/socket-io') as typeof import('./servers/socket-io')).startSocketIo,
};

/** On this machine only, and any free port: nobody else is to be loaded. */
const LOOPBACK: ServerAddress = { host: '127.0.0.1', port: 0 };

export function startServer(
  name: ServerName,
  plan?: LoadPlan,
  address: ServerAddress = LOOPBACK,
  settings?: EchoSettings,
): Promise<RunningServer> {
  return SERVERS[name]()(address, plan, settings);
}
