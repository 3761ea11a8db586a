/**
 * The upgrade requests of somebody else's HTTP server: those below a hub's path are the hub's, all others are left alone.
 *
 * A request that nobody listens for would keep its socket for ever, since node has no time-out for upgraded sockets. So
 * where hubs are the only listeners, what is below no hub's path is answered with 404; where there are others, it is theirs.
 *
 * Thread: the server's, which is the service's.
 */
import type http from 'node:http';
import type https from 'node:https';
import type { Duplex } from 'node:stream';
import { pathOfTarget } from './destination';
import type { Listener } from './listener';

export type HostServer = http.Server | https.Server;

/** The hubs of each server. */
const attachments = new WeakMap<HostServer, Set<Attachment>>();

export class Attachment {
  readonly #server: HostServer;
  /** With a slash at both ends. */
  readonly path: string;
  readonly #listener: Listener;
  readonly #onUpgrade = (request: http.IncomingMessage, socket: Duplex, head: Buffer): void =>
    this.#upgrade(request, socket, head);

  /** @throws {RangeError} if another hub has this path of this server */
  constructor(server: HostServer, path: string, listener: Listener) {
    this.#server = server;
    this.path = path;
    this.#listener = listener;
    const hubs = attachments.get(server) ?? new Set();
    if ([...hubs].some((hub) => hub.path === path))
      throw new RangeError(
        `path is ${JSON.stringify(path)}: another hub of this server has it; give each hub its own`,
      );
    attachments.set(server, hubs.add(this));
    server.on('upgrade', this.#onUpgrade);
  }

  detach(): void {
    this.#server.off('upgrade', this.#onUpgrade);
    attachments.get(this.#server)?.delete(this);
  }

  #upgrade(request: http.IncomingMessage, socket: Duplex, head: Buffer): void {
    const hubs = [...(attachments.get(this.#server) ?? [])];
    const alone = this.#server.listenerCount('upgrade') === hubs.length;
    const owner = ownerOf(request, hubs);
    if (owner === this) {
      if (alone || this.#listener.allows(request)) this.#listener.adopt(request, socket, head);
    } else if (owner === undefined && alone && hubs[0] === this) {
      this.#listener.turnAway(socket);
    }
  }
}

/** The hub with the longest path that the request is below. */
function ownerOf({ url = '/' }: http.IncomingMessage, hubs: Attachment[]): Attachment | undefined {
  const path = `${pathOfTarget(url)}/`;
  return hubs
    .filter((hub) => path.startsWith(hub.path))
    .reduce<Attachment | undefined>(
      (best, hub) => (best === undefined || hub.path.length > best.path.length ? hub : best),
      undefined,
    );
}
