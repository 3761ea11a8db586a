/** `sink`: takes messages and answers nothing. Thread: the main one of the server's process. */
import type { RunningServer, ServerAddress } from '../running-server';
import { startWsRooms } from './ws-rooms';

export async function startSink(address: ServerAddress): Promise<RunningServer> {
  return startWsRooms(address, () => {});
}
