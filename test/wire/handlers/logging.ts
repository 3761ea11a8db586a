/** A handler module that uses the log of ringcast. */
import { log } from '../../../src/shared/producer';
import type { HandlerModule } from '../../../src/workers/service/handler-module';

const handler: HandlerModule = {
  onMessage: ({ id }, data) => log.notice(`it says ${data}`, { connection: id }),
};
export default handler;
