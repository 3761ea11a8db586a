/**
 * `socket.io`: an event `message` of any connection is emitted to all of its namespace, with its arguments as they are. Every path is a
 * namespace. Clients need the adapter `socket.io`.
 *
 * Thread: the main one of the server's process.
 */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RunningServer, ServerAddress } from '../running-server';
import { urlOf } from './ws-rooms';

const MAX_MESSAGE_BYTES = 64 * 2 ** 20;

export async function startSocketIo({ host, port }: ServerAddress): Promise<RunningServer> {
  const { Server } = loadSocketIo();
  const server = http.createServer();
  const io = new Server(server, { transports: ['websocket'], maxHttpBufferSize: MAX_MESSAGE_BYTES });
  for (const namespaces of [io.of('/'), io.of(/^\/.+/)]) {
    namespaces.on('connection', (socket) => {
      socket.on('message', (...sent: unknown[]) => socket.nsp.emit('message', ...sent));
    });
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    url: urlOf(host, (server.address() as AddressInfo).port),
    close: async () => {
      io.disconnectSockets(true);
      await io.close();
    },
  };
}

/** Of the program that uses ringcast, or of ringcast itself where that is installed beside it. */
function loadSocketIo(): typeof import('socket.io') {
  try {
    return require(require.resolve('socket.io', { paths: [process.cwd(), __dirname] }));
  } catch (cause) {
    throw Object.assign(new Error("the target socket.io needs the package 'socket.io'", { cause }), {
      code: 'MODULE_NOT_FOUND',
      remedy: 'Install it with: npm install socket.io@4',
    });
  }
}
