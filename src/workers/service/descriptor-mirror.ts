/**
 * Tells a host's poll array of every descriptor that the hub has, and of what it waits for: POLLIN while the peer is to be
 * read, POLLOUT exactly while bytes wait that the kernel has not taken.
 *
 *     socket comes ─▶ addPollFd(fd, POLLIN)      write that the kernel does not take whole ─▶ setModePollFd(fd, POLLOUT)
 *     pause, resume ─▶ clearMode, setMode POLLIN      the last byte taken ─▶ clearModePollFd(fd, POLLOUT)
 *     about to be closed ─▶ delPollFd(fd)
 *
 * It hangs on the socket's own write and destroy methods, and not on whoever calls them: node's HTTP parser, ws and
 * ringcast all write to a socket. And `close` comes too late to be told of the end: the number may be another file's then.
 *
 * Thread: the service's.
 */
import type { Socket } from 'node:net';
import { type PollArray, PollEvent } from '../../shared/placement';
import { descriptorOf, unsentBytesOf } from './socket-descriptor';

type Written = (error?: Error | null) => void;

export class DescriptorMirror {
  readonly #array: PollArray;
  /** What each descriptor waits for. */
  readonly #events = new Map<number, number>();
  readonly #watched = new WeakSet<Socket>();
  #telling = false;

  constructor(array: PollArray) {
    this.#array = array;
  }

  /** Whether a callback runs: something is half way, and the hub must not be serviced. */
  get telling(): boolean {
    return this.#telling;
  }

  has(fd: number): boolean {
    return this.#events.has(fd);
  }

  /** A descriptor that is only ever read. */
  add(fd: number): void {
    this.#events.set(fd, PollEvent.POLLIN);
    this.#tell(() => this.#array.addPollFd(fd, PollEvent.POLLIN));
  }

  /** Call it before the descriptor is closed. */
  delete(fd: number): void {
    if (this.#events.delete(fd)) this.#tell(() => this.#array.delPollFd(fd));
  }

  /** Follows a socket from now until it is closed. For TLS: the raw socket first, then the one that encrypts over it. */
  watch(socket: Socket): void {
    const fd = descriptorOf(socket);
    if (fd < 0 || this.#watched.has(socket)) return;
    this.#watched.add(socket);
    if (!this.#events.has(fd)) this.add(fd);
    this.#mode(fd, PollEvent.POLLIN, !socket.isPaused());
    socket.on('pause', () => this.#mode(fd, PollEvent.POLLIN, false));
    socket.on('resume', () => this.#mode(fd, PollEvent.POLLIN, true));
    const look = (): void => this.#mode(fd, PollEvent.POLLOUT, (unsentBytesOf(socket) ?? 0) > 0);
    afterEachWrite(socket, look);
    beforeDestroy(socket, () => this.delete(fd));
    look();
  }

  #mode(fd: number, event: PollEvent, wanted: boolean): void {
    const events = this.#events.get(fd);
    if (events === undefined || ((events & event) !== 0) === wanted) return;
    this.#events.set(fd, events ^ event);
    this.#tell(() =>
      wanted ? this.#array.setModePollFd(fd, event) : this.#array.clearModePollFd(fd, event),
    );
  }

  /** A callback that throws must not stop a socket half way: it is as uncaught as it would be, but later. */
  #tell(call: () => void): void {
    this.#telling = true;
    try {
      call();
    } catch (error) {
      process.nextTick(() => {
        throw error;
      });
    } finally {
      this.#telling = false;
    }
  }
}

/** Calls `look` when a write was handed to the kernel, and when it is done. */
function afterEachWrite(socket: Socket, look: () => void): void {
  const { _write, _writev } = socket;
  const lookAfter =
    (written: Written): Written =>
    (error) => {
      written(error);
      look();
    };
  socket._write = (chunk, encoding, written) => {
    _write.call(socket, chunk, encoding, lookAfter(written));
    look();
  };
  if (_writev === undefined || _writev === null) return;
  socket._writev = (chunks, written) => {
    _writev.call(socket, chunks, lookAfter(written));
    look();
  };
}

/** Calls `tell` when the socket is about to close its descriptor. */
function beforeDestroy(socket: Socket, tell: () => void): void {
  const { _destroy } = socket;
  socket._destroy = (error, destroyed) => {
    tell();
    _destroy.call(socket, error, destroyed);
  };
}
