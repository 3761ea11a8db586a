/** Tests provoke what the log is for. Those that are about the log say which levels they want. */
import { setLogLevel } from '../../src/shared/log';

setLogLevel('none');
