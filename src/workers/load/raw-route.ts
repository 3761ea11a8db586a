/**
 * The way of a thread's bare sockets to one server: all that its connections share.
 *
 * Thread: a load thread.
 */
import net from 'node:net';
import tls from 'node:tls';
import type { ConnectPlan, TlsPlan } from '../../shared/load/plan';
import type { AdapterLine } from './adapter-session';
import type { OutgoingBatch } from './outgoing-batch';
import { ServerAddress } from './server-address';
import { type UpgradeRequest, upgradeRequest } from './upgrade';

/** What is read at once, by all sockets of the thread into the same memory. libuv reads no more at a time either. */
export const READ_BYTES = 64 * 1024;
/** That memory. It is used within a read only, so one serves the thread. */
const readBuffer = Buffer.alloc(READ_BYTES);

export class RawRoute {
  /** Undefined: messages are bare payloads. */
  readonly line: AdapterLine | undefined;
  readonly batch: OutgoingBatch;
  readonly encrypted: boolean;
  readonly subprotocols: string[];
  readonly request: UpgradeRequest;
  /** What is read is here, from its beginning. */
  readonly readBuffer = readBuffer;
  /** When the bytes were read that are being handed out. */
  receivedNs = 0;

  readonly #address: ServerAddress;
  readonly #plan: ConnectPlan;
  readonly #tls: tls.ConnectionOptions | undefined;

  constructor(url: URL, plan: ConnectPlan, line: AdapterLine | undefined, batch: OutgoingBatch) {
    this.line = line;
    this.batch = batch;
    this.encrypted = url.protocol === 'wss:';
    this.subprotocols = askedSubprotocols(plan, line);
    this.request = upgradeRequest({ ...plan, url: line?.url ?? url, subprotocols: this.subprotocols });
    this.#plan = plan;
    this.#address = new ServerAddress(url);
    this.#tls = this.encrypted ? tlsOptions(plan.tls, this.#address.hostname) : undefined;
  }

  /**
   * Begins to connect.
   *
   * @param number the client's: says which source address is its
   * @param onRead called with how much was read into `readBuffer`
   * @param readBytes at most so much is read at once
   */
  connect(number: number, onRead: (length: number) => boolean, readBytes = READ_BYTES): net.Socket {
    const localAddress = sourceAddressOf(this.#plan, number);
    const options: net.TcpNetConnectOpts & { onread: net.OnReadOpts } = {
      host: this.#address.host,
      port: this.#address.port,
      noDelay: true,
      onread: {
        buffer: readBytes === READ_BYTES ? readBuffer : readBuffer.subarray(0, readBytes),
        callback: onRead,
      },
    };
    if (localAddress !== undefined) {
      options.localAddress = localAddress;
      options.family = net.isIP(localAddress);
    }
    if (!this.#address.isPinned) options.lookup = this.#address.lookup;
    return this.#tls === undefined ? net.connect(options) : tls.connect({ ...options, ...this.#tls });
  }

  /** The socket came through: its address is good for the others. */
  reached(socket: net.Socket): void {
    if (!this.#address.isPinned) this.#address.pin(socket.remoteAddress);
  }
}

/** Clients take the source addresses in turn. Undefined: the system chooses. */
export function sourceAddressOf({ sourceAddresses }: ConnectPlan, number: number): string | undefined {
  return sourceAddresses[number % sourceAddresses.length];
}

export function askedSubprotocols({ subprotocols }: ConnectPlan, line: AdapterLine | undefined): string[] {
  return [...new Set([...subprotocols, ...(line?.adapter.subprotocols ?? [])])];
}

/** Read and parsed once: a context for each connection would cost a millisecond each. */
export function tlsOptions({ insecure, ca, cert, key }: TlsPlan, hostname: string): tls.ConnectionOptions {
  return {
    secureContext: tls.createSecureContext({ ca, cert, key }),
    rejectUnauthorized: !insecure,
    servername: net.isIP(hostname) === 0 ? hostname : '',
    ALPNProtocols: ['http/1.1'],
  };
}
