/** The service thread's entry: puts the parts together, and nothing else. */
import { parentPort, workerData } from 'node:worker_threads';
import * as comlink from 'comlink';
import nodeEndpoint from 'comlink/dist/umd/node-adapter';
import { Board } from '../../shared/board';
import type { ServiceControl, ServiceReady, ServiceStart } from '../../shared/control';
import { HubError, HubErrorCode } from '../../shared/errors';
import type { InboundCredit } from '../../shared/inbound';
import { KEEPER_SLOT, LaneKeeper, RingConsumer, RingMemory } from '../../shared/ring';
import { Engine } from './engine';
import { type HandlerModule, loadHandlerModule } from './handler-module';
import { Listener } from './listener';
import { ApplicationOutbox } from './outbox';
import { realScheduler } from './peer-socket';

async function start({ handle, options, control, inbound }: ServiceStart): Promise<number> {
  const ring = new RingMemory(handle.ring);
  const board = new Board(handle.board);
  const handlers = new Map<string, HandlerModule>();
  for (const { handler } of Object.values(options.policies)) {
    if (handler !== undefined && !handlers.has(handler))
      handlers.set(handler, await loadHandlerModule(handler));
  }
  const keeper = new LaneKeeper(ring, handle.ringId, () => engine.wake());
  const outbox = new ApplicationOutbox(
    (batch) => inbound.postMessage(batch, [batch.bytes]),
    options.inboundHighWaterBytes,
    () => engine.relieve(),
  );
  const consumer = RingConsumer.join(ring, KEEPER_SLOT); // there is one service thread so far
  const engine = new Engine({
    consumer,
    producers: keeper,
    board,
    options,
    handlers,
    scheduler: realScheduler,
    outbox,
  });
  const listener = new Listener(engine, board, options);

  inbound.on('message', ({ credit }: InboundCredit) => outbox.credit(credit));
  const service: ServiceControl = {
    connections: async () => engine.describeConnections(),
    forwardMessages: async (wanted) => engine.forwardMessages(wanted),
    close: async (deadlineMs) => {
      listener.close();
      const cut = await engine.close(deadlineMs);
      listener.endHandshakes();
      keeper.close();
      inbound.close();
      return cut;
    },
  };
  comlink.expose(service, nodeEndpoint(control));

  try {
    return await listener.listen();
  } catch (cause) {
    const { message } = cause as Error;
    throw new HubError(
      HubErrorCode.LISTEN_FAILED,
      `cannot listen on ${options.host}:${options.port}: ${message}`,
      { cause },
    );
  }
}

start(workerData as ServiceStart).then(
  (port) => parentPort?.postMessage({ type: 'listening', port } satisfies ServiceReady),
  (error: Error) => {
    // An error's code and cause do not survive the way between threads: they go as plain data.
    const known = error instanceof HubError;
    const cause = (known ? error.cause : error) as NodeJS.ErrnoException | undefined;
    parentPort?.postMessage({
      type: 'failed',
      code: known ? error.code : HubErrorCode.LISTEN_FAILED,
      message: known ? error.message : `the service could not start: ${error.message}`,
      cause: cause && { code: cause.code, message: cause.message },
    } satisfies ServiceReady);
  },
);
