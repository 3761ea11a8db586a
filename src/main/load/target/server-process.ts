/** The entry of a server's process: it does what its parent orders, and ends with it. Thread: its main one. */
import type { Answer, Order, ServerOrderName, ServerOrders } from './protocol';
import { pack } from './protocol';
import type { RunningServer } from './running-server';
import { startServer } from './start-server';

type Orders = { [N in ServerOrderName]: (ask: ServerOrders[N]['ask']) => Promise<ServerOrders[N]['answer']> };

let server: RunningServer | undefined;
let begun = false;

function started(): RunningServer {
  if (server === undefined) throw new Error('the server is not started');
  return server;
}

const orders: Orders = {
  start: async ({ name, plan }) => {
    server = await startServer(name, plan);
    return { url: server.url, publishing: server.publishing !== undefined };
  },
  prepare: async ({ plan, publishers }) => ({
    threads: (await started().publishing?.prepare(plan, publishers)) ?? [],
  }),
  begin: async ({ timetable }) => {
    if (begun) return undefined;
    begun = true;
    started().begin?.(timetable);
    started().publishing?.begin(timetable);
    return undefined;
  },
  stopPublishing: async () => {
    await started().publishing?.stop();
    return undefined;
  },
  snapshot: async () => {
    const snapshot = started().publishing?.snapshot();
    if (snapshot === undefined) throw new Error('this server has no publishers of its own');
    return pack(snapshot);
  },
  report: async ({ published }) => pack((await started().report?.(published)) ?? {}),
  stop: async () => {
    await server?.close();
    return undefined;
  },
};

async function obey({ id, name, ask }: Order): Promise<void> {
  let answer: Answer;
  try {
    answer = { id, answer: await orders[name](ask as never) };
  } catch (error) {
    const { name: kind, message, code, remedy } = error as Error & { code?: string; remedy?: string };
    answer = { id, failed: { name: kind, message, code, remedy } };
  }
  process.send?.(answer, () => {
    if (name === 'stop') process.exit();
  });
}

process.on('message', (order: Order) => void obey(order));
process.on('disconnect', () => process.exit()); // the parent is gone
process.on('SIGINT', () => {}); // the terminal's Ctrl-C is for the parent
