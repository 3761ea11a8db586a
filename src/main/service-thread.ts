/** Starts the service thread and tells of its end. Thread: the application's. */
import path from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { ServiceReady, ServiceStart } from '../shared/control';
import { HubError, HubErrorCode } from '../shared/errors';
import type { ResolvedHubOptions } from '../shared/options';
import type { ProducerHandle } from '../shared/producer';
import { deliverEvents } from './application-events';
import type { AuthorizeDesk } from './authorize-desk';
import { ServiceLink } from './control';
import type { HostedService } from './hosted-service';

/** A thread that was asked to end and holds nothing any more has this long to do so. */
const EXIT_GRACE_MS = 2_000;

/**
 * @throws {HubError} LISTEN_FAILED, HANDLER_LOAD_FAILED, AUTHORIZE_LOAD_FAILED or SERVICE_GONE, if the thread does not come to listen
 */
export async function startServiceThread(
  handle: ProducerHandle,
  options: ResolvedHubOptions,
  observer?: ServiceStart['observer'],
  desk?: AuthorizeDesk,
): Promise<HostedService> {
  const control = new MessageChannel();
  const inbound = new MessageChannel();
  const questions = desk?.openPort();
  const start: ServiceStart = {
    handle,
    options,
    control: control.port2,
    inbound: inbound.port2,
    questions,
    observer,
  };
  const worker = new Worker(workerFile(), {
    name: 'ringcast service',
    workerData: start,
    transferList: [control.port2, inbound.port2, ...(questions === undefined ? [] : [questions])],
    ...launchArguments(),
  });
  let thrown: unknown;
  worker.on('error', (error) => {
    thrown = error;
  });
  const ended = new Promise<unknown>((resolve) => worker.once('exit', () => resolve(thrown)));
  // Comes behind the last message, once the thread has closed its end or is gone.
  const inboundClosed = new Promise<void>((resolve) => inbound.port1.once('close', resolve));
  const closePorts = () => {
    control.port1.close();
    inbound.port1.close();
  };
  const ready = await Promise.race([
    new Promise<ServiceReady>((resolve) => worker.once('message', resolve)),
    ended.then(
      (): ServiceReady => ({
        type: 'failed',
        code: HubErrorCode.SERVICE_GONE,
        message: 'the service thread ended before it listened',
        cause: undefined,
      }),
    ),
  ]);
  if (ready.type === 'failed') {
    closePorts();
    await worker.terminate();
    const cause =
      thrown ?? (ready.cause && Object.assign(new Error(ready.cause.message), { code: ready.cause.code }));
    throw new HubError(ready.code as HubErrorCode, ready.message, { cause });
  }
  return {
    port: ready.port,
    calls: (gone) => new ServiceLink(control.port1, gone),
    deliver: (listener) => deliverEvents(inbound.port1, listener),
    ended,
    finish: async (stuck) => {
      control.port1.close();
      const timer = setTimeout(() => void worker.terminate(), stuck ? 0 : EXIT_GRACE_MS);
      await ended;
      clearTimeout(timer);
      // The last events came over a port of their own, which has no order with the answer to `close`: let them arrive.
      if (inbound.port1.listenerCount('message') > 0) await inboundClosed;
      inbound.port1.close();
    },
  };
}

/** From sources (under ts-node or a test runner) the entry is TypeScript, and so must be what the thread starts with. */
function launchArguments(): { execArgv?: string[] } {
  return path.extname(__filename) === '.ts' ? { execArgv: ['-r', 'ts-node/register/transpile-only'] } : {};
}

function workerFile(): string {
  return path.join(__dirname, '..', 'workers', 'service', `thread${path.extname(__filename)}`);
}
