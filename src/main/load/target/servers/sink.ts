/** `sink`: takes messages and answers nothing; in a test it says what came. Thread: the main one of the server's process. */
import type { LoadPlan } from '../../../../shared/load/plan';
import type { RunningServer, ServerAddress } from '../running-server';
import { SinkCounter } from '../sink-counter';
import { startWsRooms } from './ws-rooms';

export async function startSink(address: ServerAddress, plan?: LoadPlan): Promise<RunningServer> {
  const counter = plan && new SinkCounter(plan);
  const tally = { messages: 0, bytes: 0 };
  const rooms = await startWsRooms(address, (_room, data) => {
    const message = data as Buffer; // what ws gives unless it is told otherwise
    tally.messages++;
    tally.bytes += message.length;
    counter?.take(message);
  });
  return {
    url: rooms.url,
    begin: (timetable) => counter?.begin(timetable),
    report: async (published) => ({ sink: counter?.report(published) }),
    tally: () => tally,
    close: () => rooms.close(),
  };
}
