/** What runs in the process of a `ProcessGenerator`: a generator, asked over the pipe that the parent made. */
import { Socket } from 'node:net';
import { LocalGenerator } from '../local-generator';
import { GeneratorHost } from './generator-host';
import { PIPE_DESCRIPTOR } from './process-generator';

// A signal for the whole group of processes (Ctrl-C) is the coordinator's to obey: it wants the results of this one first, and
// ends it by the pipe.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

const pipe = new Socket({ fd: PIPE_DESCRIPTOR });
const host = new GeneratorHost(pipe, new LocalGenerator(), { peer: 'the coordinator' });
void host.over.then(() => process.exit());
