/** Servers by `ws` to be loaded: they do what a mode expects, and can be told to misbehave. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { whenOver } from './hubs';

export type Manner = 'broadcast' | 'echo' | 'sink';

export interface LoadServer {
  url: string;
  server: WebSocketServer;
  /** Messages that came. */
  received: number;
  /** Connections that were opened, and are open now. */
  accepted: number;
  readonly open: number;
}

/** @param each is told of every connection */
export async function startLoadServer(
  manner: Manner,
  each: (ws: WebSocket, nth: number) => void = () => {},
): Promise<LoadServer> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  await once(server, 'listening');
  whenOver(() => {
    for (const ws of server.clients) ws.terminate();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const seen = {
    url: `ws://127.0.0.1:${port}/`,
    server,
    received: 0,
    accepted: 0,
    get open() {
      return server.clients.size;
    },
  };
  server.on('connection', (ws) => {
    ws.on('error', () => {});
    ws.on('message', (data, binary) => {
      seen.received++;
      if (manner === 'echo') ws.send(data, { binary });
      if (manner === 'broadcast') for (const peer of server.clients) peer.send(data, { binary });
    });
    each(ws, seen.accepted++);
  });
  return seen;
}
