/**
 * Where a hub's service runs and who turns it: in a thread of its own, or in the application's, by itself or by the
 * application's loop. Functions and servers among these options cannot travel to another thread: so they are apart from
 * the others.
 */
import type http from 'node:http';
import type https from 'node:https';
import { shown } from './shown';

/** Events of a descriptor, with the values of `poll(2)`. */
export const PollEvent = {
  POLLIN: 0x001,
  POLLOUT: 0x004,
  POLLERR: 0x008,
  POLLHUP: 0x010,
} as const;
export type PollEvent = (typeof PollEvent)[keyof typeof PollEvent];

/**
 * A host's own poll array, told of every descriptor that the hub has: the four callbacks of 2013.
 *
 * They are called at the very moment of the change, in the middle of the hub's work: note it down, and call nothing of the
 * hub. A descriptor is deleted *before* it is closed, so its number cannot mean another file yet.
 */
export interface PollArray {
  /** The hub has a new descriptor and waits for these events. */
  addPollFd(fd: number, events: number): void;
  delPollFd(fd: number): void;
  /** It waits for these events too. POLLOUT: bytes wait that the kernel has not taken. */
  setModePollFd(fd: number, events: number): void;
  /** It waits for these no more. */
  clearModePollFd(fd: number, events: number): void;
}

export type Drive = 'auto' | 'manual';

export interface PlacementOptions {
  /**
   * A server of this thread whose upgrade requests below `path` become the hub's connections (Express, Fastify, plain). The
   * service then runs in this thread, and `host`, `port` and `tls` are the server's.
   */
  server?: http.Server | https.Server;
  /**
   * `'auto'` (default): the hub turns itself. `'manual'`: the application's loop turns it by `hub.service()`, in this
   * thread; the hub sets no timers and no immediates.
   */
  drive?: Drive;
  /**
   * Whether the service has a thread of its own. Default: true, except with `server` or `drive: 'manual'`, which need it in
   * this thread.
   */
  serviceThread?: boolean;
  /** With `drive: 'manual'`: called when there is something to do, once between two calls of `hub.service()`. */
  onWork?: () => void;
  /** With `drive: 'manual'`: a poll array that mirrors the hub's descriptors. */
  poll?: PollArray;
}

export type Placement =
  | { where: 'service thread' }
  | {
      where: 'this thread';
      server: http.Server | https.Server | undefined;
      drive: Drive;
      onWork: (() => void) | undefined;
      poll: PollArray | undefined;
    };

export const PLACEMENT_KEYS = ['server', 'drive', 'serviceThread', 'onWork', 'poll'] as const;

const POLL_CALLBACKS = ['addPollFd', 'delPollFd', 'setModePollFd', 'clearModePollFd'] as const;

/**
 * Checks the options that say where the service runs, and that they go together.
 *
 * @throws {TypeError | RangeError} naming the option, its value and what goes
 */
export function resolvePlacement(options: PlacementOptions & ListenOptions = {}): Placement {
  const { server, onWork, poll } = options;
  const drive = driveOf(options.drive);
  checkServer(options);
  if (onWork !== undefined && typeof onWork !== 'function')
    throw new TypeError(`onWork is ${typeof onWork}: it must be a function`);
  if (poll !== undefined) checkPoll(poll);
  for (const [name, value] of Object.entries({ onWork, poll })) {
    if (value !== undefined && drive === 'auto')
      throw new TypeError(`${name} is for drive: 'manual': with drive: 'auto' the hub turns itself`);
  }
  const here = inThisThread(options, drive);
  return here ? { where: 'this thread', server, drive, onWork, poll } : { where: 'service thread' };
}

/** What a hub listens with; with a `server` it is that one's business. */
interface ListenOptions {
  host?: unknown;
  port?: unknown;
  tls?: unknown;
}

function driveOf(drive: unknown = 'auto'): Drive {
  if (drive === 'auto' || drive === 'manual') return drive;
  throw new RangeError(`drive is ${JSON.stringify(drive)}: it must be 'auto' or 'manual'`);
}

function inThisThread({ server, serviceThread }: PlacementOptions, drive: Drive): boolean {
  if (serviceThread !== undefined && typeof serviceThread !== 'boolean')
    throw new TypeError(`serviceThread is ${shown(serviceThread)}: it must be true or false`);
  const needed = server !== undefined || drive === 'manual';
  if (serviceThread === true && needed) {
    const reason =
      server !== undefined
        ? 'the sockets of server belong to this thread, and node cannot move them to another'
        : "drive: 'manual' means that this thread turns the hub";
    throw new TypeError(`serviceThread is true: ${reason}; leave serviceThread out`);
  }
  return needed || serviceThread === false;
}

/** By its shape and not by its class: servers come wrapped. */
function checkServer({ server, host, port, tls }: PlacementOptions & ListenOptions): void {
  if (server === undefined) return;
  const known = server as Partial<http.Server> | null;
  if (typeof known?.on !== 'function' || typeof known.address !== 'function') {
    throw new TypeError(
      `server is ${known === null ? 'null' : typeof known}: it must be an http.Server or https.Server of this thread (Fastify: fastify.server; Express: what app.listen() returns)`,
    );
  }
  for (const [name, value] of Object.entries({ host, port, tls })) {
    if (value !== undefined)
      throw new TypeError(`${name} goes with a hub that listens: leave it to the server that you pass`);
  }
}

function checkPoll(poll: PollArray): void {
  if (process.platform === 'win32') throw new TypeError('poll needs descriptors: Windows has none');
  for (const name of POLL_CALLBACKS) {
    if (typeof (poll as Partial<PollArray> | null)?.[name] === 'function') continue;
    throw new TypeError(`poll.${name} must be a function: poll needs ${POLL_CALLBACKS.join(', ')}`);
  }
}
