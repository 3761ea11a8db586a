/** A small HTTP server for looking at a run: it ends at once, whoever is still connected. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ListenAddress {
  host: string;
  port: number;
}

export class LocalServer {
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server, { host }: ListenAddress) {
    this.#server = server;
    const { port } = server.address() as AddressInfo;
    this.url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  }

  /** @throws {Error} of the system, if it cannot listen there */
  static async listen(
    address: ListenAddress,
    answer: (request: IncomingMessage, response: ServerResponse) => void,
  ): Promise<LocalServer> {
    const server = createServer(answer).listen(address);
    await once(server, 'listening');
    return new LocalServer(server, address);
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

/** For what is not there, or not for reading. */
export function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'Content-Type': 'text/plain' }).end();
}
