/** `ws-loop`: each message is sent to every connection of its path, one `send` after the other. Thread: the server's main one. */
import type { RunningServer, ServerAddress } from '../running-server';
import { startWsRooms } from './ws-rooms';

export async function startWsLoop(address: ServerAddress): Promise<RunningServer> {
  return startWsRooms(address, (room, data, binary) => {
    for (const peer of room) peer.send(data, { binary });
  });
}
