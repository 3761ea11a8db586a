/** A server that opens WebSockets and then reads bytes without looking at them: it cannot be what limits a test. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { whenOver } from './hubs';

const KEY = /^sec-websocket-key: *(\S+)/im;
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** @returns its URL */
export async function startDiscardingServer(): Promise<string> {
  const server = createServer((socket) => {
    whenOver(() => socket.destroy());
    socket.on('error', () => {});
    socket.once('data', (head) => {
      const key = KEY.exec(head.toString('latin1'))?.[1];
      const accept = createHash('sha1').update(`${key}${GUID}`).digest('base64');
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      socket.on('data', () => {});
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  whenOver(() => new Promise((resolve) => server.close(resolve)));
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
