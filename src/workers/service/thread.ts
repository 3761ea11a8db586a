/** The service thread's entry: starts the service, connects it to the application's thread, and nothing else. */
import { parentPort, workerData } from 'node:worker_threads';
import * as comlink from 'comlink';
import nodeEndpoint from 'comlink/dist/umd/node-adapter';
import type { ServiceControl, ServiceReady, ServiceStart } from '../../shared/control';
import { HubError, HubErrorCode } from '../../shared/errors';
import type { InboundCredit } from '../../shared/inbound';
import { joinLog } from '../../shared/log';
import { applicationAuthorizer } from './handshake/application-authorizer';
import type { ObserverModule } from './observer';
import { realScheduler } from './peer-socket';
import { Service } from './service';

async function start({
  handle,
  options,
  control,
  inbound,
  questions,
  observer,
}: ServiceStart): Promise<number> {
  joinLog(handle.log, 'service');
  const service = await Service.create(handle, options, {
    scheduler: realScheduler,
    tell: (batch) => inbound.postMessage(batch, [batch.bytes]),
    askApplication: questions && applicationAuthorizer(questions),
    observer: observer && (require(observer.file) as ObserverModule).createObserver(observer.memory),
  });
  inbound.on('message', ({ credit }: InboundCredit) => service.credit(credit));
  const calls: ServiceControl = {
    connections: () => service.connections(),
    forwardMessages: (wanted) => service.forwardMessages(wanted),
    heartbeat: () => service.heartbeat(),
    reconfigure: (limits) => service.reconfigure(limits),
    renew: (connectionId, expiresAtMs) => service.renew(connectionId, expiresAtMs),
    forwardFragments: (wanted) => service.forwardFragments(wanted),
    close: async (plan) => {
      const cut = await service.close(plan);
      inbound.close();
      return cut;
    },
  };
  comlink.expose(calls, nodeEndpoint(control));
  return service.listen();
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
