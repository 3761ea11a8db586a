/**
 * A server by the library ws, as most are: peers are grouped by the path of their URL.
 *
 * Thread: the main one of the server's process.
 */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { CHANNEL } from '../hub-options';
import type { ServerAddress } from '../running-server';

/** As many as the hub asks for: a connect storm shall meet the same queue. */
const BACKLOG = 4_096;
const MAX_MESSAGE_BYTES = 64 * 2 ** 20;

export type Room = ReadonlySet<WebSocket>;

export interface WsRooms {
  /** Of the path that clients are sent to. */
  readonly url: string;
  room(path: string): Room;
  close(): Promise<void>;
}

/** The path that clients are sent to. */
export const PATH = `/${CHANNEL}`;

/** @param take is told of every message, with all who are on the same path, its sender among them */
export async function startWsRooms(
  { host, port }: ServerAddress,
  take: (room: Room, data: RawData, binary: boolean) => void,
): Promise<WsRooms> {
  const rooms = new Map<string, Set<WebSocket>>();
  const room = (path: string): Set<WebSocket> => {
    const known = rooms.get(path) ?? new Set();
    rooms.set(path, known);
    return known;
  };
  const server = new WebSocketServer({
    host,
    port,
    backlog: BACKLOG,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
  });
  server.on('connection', (peer: WebSocket, { url = '/' }: IncomingMessage) => {
    const path = url.split('?', 1)[0]!;
    const peers = room(path);
    peers.add(peer);
    peer.on('message', (data, binary) => take(peers, data, binary));
    peer.on('error', () => {}); // a fault of the peer: `close` follows
    peer.on('close', () => {
      peers.delete(peer);
      if (peers.size === 0 && path !== PATH) rooms.delete(path);
    });
  });
  await once(server, 'listening');
  return {
    url: urlOf(host, (server.address() as AddressInfo).port),
    room,
    close: async () => {
      for (const peer of server.clients) peer.terminate();
      server.close();
    },
  };
}

export function urlOf(host: string, port: number): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `ws://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}${PATH}`;
}
