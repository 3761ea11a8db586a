/** Starts the hub of a command, and says what is in its way in words of the command line. */
import { HubError, HubErrorCode } from '../../shared/errors';
import type { HubOptions } from '../../shared/options';
import { createHub, type Hub } from '../hub';
import { ExitCode } from './exit-codes';
import { Failure } from './failure';

/** @throws {Failure} FAILURE, if the address cannot be had */
export async function startHub(options: HubOptions): Promise<Hub> {
  try {
    return await createHub(options);
  } catch (error) {
    if (!(error instanceof HubError) || error.code !== HubErrorCode.LISTEN_FAILED) throw error;
    const { code } = (error.cause ?? {}) as NodeJS.ErrnoException;
    const address = `${options.host}:${options.port}`;
    const [message, remedy] = LISTEN_FAILURES[code ?? ''] ?? [
      error.message.replace(/^cannot listen on \S+: /, ''),
      'Choose another address with --host and --port.',
    ];
    throw new Failure(ExitCode.FAILURE, `Cannot listen on ${address}: ${message}`, { remedy, cause: error });
  }
}

const LISTEN_FAILURES: { [code: string]: [message: string, remedy: string] } = {
  EADDRINUSE: [
    'another program has this port.',
    'Choose another one with --port, or let the system choose with --port 0.',
  ],
  EACCES: ['you may not use this port.', 'Choose one from 1024 on with --port.'],
  EADDRNOTAVAIL: [
    'this machine has no such address.',
    'Choose one with --host: 127.0.0.1 for this machine only, 0.0.0.0 for all its addresses.',
  ],
  ENOTFOUND: ['there is no host of this name.', 'Choose one with --host, such as 127.0.0.1.'],
};
