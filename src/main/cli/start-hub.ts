/** Starts the hub of a command, and says what is in its way in words of the command line. */
import { HubError, HubErrorCode } from '../../shared/errors';
import type { Settings } from '../config/settings';
import { createHub, type Hub } from '../hub';
import { makeSocketDirectory } from '../producer-socket';
import { ExitCode } from './exit-codes';
import { Failure } from './failure';

/**
 * @param note is told what the hub has to do without
 * @throws {Failure} FAILURE, if the address cannot be had, or the socket for other processes that was asked for
 */
export async function startHub(settings: Settings, note: (text: string) => void): Promise<Hub> {
  const { hub: options, socketAsked } = settings;
  try {
    if (!socketAsked && options.producers?.socket !== undefined)
      makeSocketDirectory(options.producers.socket);
    return await createHub(options);
  } catch (error) {
    const noDirectory = (error as NodeJS.ErrnoException).syscall === 'mkdir';
    if (noDirectory || (error instanceof HubError && error.code === HubErrorCode.PRODUCER_SOCKET_FAILED)) {
      if (socketAsked) throw socketFailure(error as Error);
      options.producers = undefined; // nobody asked for it: the hub is worth more
      note(`Other processes cannot post to this hub: ${(error as Error).message}. Give it its own --socket.`);
      return startHub(settings, note);
    }
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

function socketFailure(error: Error): Failure {
  const message = error.message.replace(/^c/, 'C');
  return new Failure(ExitCode.FAILURE, `${message}.`, {
    remedy: 'Choose another path with --socket, or none with --no-socket.',
    cause: error,
  });
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
