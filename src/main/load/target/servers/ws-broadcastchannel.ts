/**
 * `ws-broadcastchannel`: what one does without a ring. Publishers are threads that post to a BroadcastChannel; the main thread
 * takes each message from there and sends it to every connection, one `send` after the other.
 *
 *     publishing threads ─▶ BroadcastChannel ─▶ this thread ─▶ ws.send … ws.send
 *
 * What a connection sends goes to everybody on its path, too.
 *
 * Thread: the main one of the server's process.
 */
import { BroadcastChannel } from 'node:worker_threads';
import { Publishers } from '../publishers';
import type { RunningServer, ServerAddress } from '../running-server';
import { PATH, type Room, startWsRooms } from './ws-rooms';

const NAME = 'ringcast bench';

export async function startWsBroadcastChannel(address: ServerAddress): Promise<RunningServer> {
  const sendToAll = (room: Room, data: unknown, binary: boolean) => {
    for (const peer of room) peer.send(data as Buffer, { binary });
  };
  const rooms = await startWsRooms(address, sendToAll);
  const channel = new BroadcastChannel(NAME);
  channel.onmessage = (event) => {
    const [payload, text] = (event as MessageEvent).data as [Uint8Array, boolean];
    sendToAll(rooms.room(PATH), payload, !text);
  };
  const publishers = new Publishers({ kind: 'broadcast-channel', name: NAME });
  return {
    url: rooms.url,
    publishing: publishers,
    close: async () => {
      await publishers.close();
      channel.close();
      await rooms.close();
    },
  };
}
