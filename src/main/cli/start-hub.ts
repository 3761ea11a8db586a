/** Starts the hub of a command, and says what is in its way in words of the command line. */
import { HubError, HubErrorCode } from '../../shared/errors';
import type { Settings } from '../config/settings';
import { createHub } from '../create-hub';
import type { Hub } from '../hub';
import { makeSocketDirectory } from '../producer-socket';
import { ExitCode } from './exit-codes';
import { Failure } from './failure';
import { listenFailure } from './listen-failure';

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
    if (error instanceof HubError && error.code === HubErrorCode.AUTHORIZE_LOAD_FAILED)
      throw authorizeFailure(error);
    if (!(error instanceof HubError) || error.code !== HubErrorCode.LISTEN_FAILED) throw error;
    throw listenFailure(error, options.host, options.port);
  }
}

function authorizeFailure(error: HubError): Failure {
  return new Failure(ExitCode.FAILURE, `Nobody could be let in: ${error.message}.`, {
    remedy: 'Mend the file, or choose another one: --token-file, or authorize in the configuration file.',
    cause: error,
  });
}

function socketFailure(error: Error): Failure {
  const message = error.message.replace(/^c/, 'C');
  return new Failure(ExitCode.FAILURE, `${message}.`, {
    remedy: 'Choose another path with --socket, or none with --no-socket.',
    cause: error,
  });
}
