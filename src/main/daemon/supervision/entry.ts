/** The entry of a supervisor's process: `node entry.js` with what follows `node` for the hub process. */
import { Starter } from '../starter';
import { Supervisor } from './supervisor';

const starter = Starter.take();
if (starter === undefined) {
  process.stderr.write('This is started by ringcast start and daemonize, and by nobody else.\n');
  process.exit(2);
}
new Supervisor(starter, { argv: process.argv.slice(2), cwd: process.cwd() });
