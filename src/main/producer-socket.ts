/**
 * Where the programs of ringcast look for the private socket of a hub, if nobody says: in the user's own runtime directory,
 * so that a hub and whoever publishes to it meet without being told.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';

const DIRECTORY = 'ringcast';
const DEFAULT_NAME = 'default';
const OWNER_ONLY = 0o700;

/**
 * The path of the socket that producers in other processes connect to, by default: `$XDG_RUNTIME_DIR/ringcast/NAME.producers.sock`,
 * or without that variable `/tmp/ringcast-UID/NAME.producers.sock`. Its directory need not exist.
 *
 * @param name tells apart the hubs of one user
 * @returns undefined where there are no such sockets (Windows)
 */
export function defaultProducerSocket(
  name: string = DEFAULT_NAME,
  environment: NodeJS.ProcessEnv = process.env,
): string | undefined {
  const userId = process.getuid?.();
  if (userId === undefined) return undefined;
  const runtime = environment.XDG_RUNTIME_DIR;
  const directory =
    runtime !== undefined && path.isAbsolute(runtime)
      ? path.join(runtime, DIRECTORY)
      : path.join('/tmp', `${DIRECTORY}-${userId}`);
  return path.join(directory, `${name}.producers.sock`);
}

/** Makes the directory of a default socket, for this user alone. Whether it is safe is looked at when the socket is made. */
export function makeSocketDirectory(socket: string): void {
  mkdirSync(path.dirname(socket), { recursive: true, mode: OWNER_ONLY });
}
