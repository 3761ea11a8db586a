/** Thread: the service's. */
import type { Socket } from 'node:net';

/** Writes one or two buffers in one call of the system. `done` is called when all of it is handed over. */
export function writeTogether(
  socket: Socket,
  bytes: Uint8Array,
  behind: Uint8Array | undefined,
  done: (error?: Error | null) => void,
): void {
  if (behind === undefined) {
    socket.write(bytes, done);
    return;
  }
  socket.cork();
  socket.write(bytes);
  socket.write(behind, done);
  socket.uncork();
}
