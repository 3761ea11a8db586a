/** What node knows of a socket's descriptor and does not document. One place, so that it is in no other. Thread: the service's. */
import type { Server, Socket } from 'node:net';

interface StreamHandle {
  fd?: number;
  writeQueueSize?: number;
}

/** The number of a socket's or a server's descriptor; -1 if it has none that is open. */
export function descriptorOf(owner: Socket | Server): number {
  return handleOf(owner)?.fd ?? -1;
}

/** Bytes written to the socket that the kernel has not taken yet; undefined if it is closed. */
export function unsentBytesOf(socket: Socket): number | undefined {
  return handleOf(socket)?.writeQueueSize;
}

function handleOf(owner: Socket | Server): StreamHandle | null | undefined {
  return (owner as unknown as { _handle?: StreamHandle | null })._handle;
}
