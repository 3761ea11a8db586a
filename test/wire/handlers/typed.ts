/** A TypeScript handler module with a default export. */
import type { HandlerModule } from '../../../src/main';

const handler: HandlerModule = {
  onMessage: (connection, data) => {
    connection.send(`ts: ${data}`);
  },
  onClose: (connection, code) => {
    process.emitWarning(`handler saw connection ${connection.id} close with ${code}`);
  },
};
export default handler;
