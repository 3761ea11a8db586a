/**
 * The entry `ringcast/producer`: all that a thread or a process needs to post. What connects to a hub in another process is
 * loaded when it is first used, so that workers start in a few milliseconds.
 */
import type { ConnectedProducer, ConnectOptions } from './connected-producer';

export * from '../shared/producer';
export type {
  CloseConnectionOptions,
  ConnectedProducer,
  ConnectedProducerStats,
  ConnectionState,
  ConnectOptions,
} from './connected-producer';

/**
 * Connects this process to a hub in another one, over the hub's private socket.
 *
 * The other threads of this process may post too: give them `producer.handle`, as one gives a hub's. Messages of all of them
 * keep one order. For other processes it is as if a message was posted when the hub read it.
 *
 * @throws {TypeError | RangeError} for a bad option
 * @throws {HubError} CONNECT_FAILED if there is no hub, the socket is not one to trust, or it speaks another version;
 *   TOO_MANY_PRODUCERS if the hub has no lane left
 *
 * @example
 * const producer = await connectProducer({ socket: '/run/app/ringcast.sock' })
 * producer.post('ticks', 'from another process')
 * await producer.close()
 */
export async function connectProducer(options: ConnectOptions): Promise<ConnectedProducer> {
  const connected = require('./connected-producer') as typeof import('./connected-producer');
  return connected.connectProducer(options);
}
