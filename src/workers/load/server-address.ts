/**
 * Where a server is: its name is looked up once, and the address that answered first serves all later connections. (A lookup for
 * each of ten thousand would be the bottleneck; a name that stands for several addresses is loaded at one of them.)
 *
 * Thread: a load thread.
 */
import dns from 'node:dns';
import net from 'node:net';

type Found = dns.LookupAddress[];

export class ServerAddress {
  readonly port: number;
  /** Without the brackets of an IPv6 address. */
  readonly hostname: string;
  #pinned: string | undefined;
  #found: Promise<Found> | undefined;

  constructor(url: URL) {
    const encrypted = url.protocol === 'wss:';
    this.hostname = url.hostname.replace(/^\[(.*)\]$/, '$1');
    this.port = url.port === '' ? (encrypted ? 443 : 80) : Number(url.port);
    if (net.isIP(this.hostname) !== 0) this.#pinned = this.hostname;
  }

  /** An address, or a name for `lookup`. */
  get host(): string {
    return this.#pinned ?? this.hostname;
  }

  get isPinned(): boolean {
    return this.#pinned !== undefined;
  }

  /** This address answered. */
  pin(address: string | undefined): void {
    this.#pinned ??= address;
  }

  readonly lookup: net.LookupFunction = (hostname, options, callback) => {
    this.#found ??= dns.promises.lookup(hostname, { all: true });
    this.#found.then(
      (found) => {
        const fitting = found.filter(({ family }) => !options.family || family === options.family);
        const [first] = fitting;
        if (first === undefined) callback(noAddress(hostname), '', 0);
        else if (options.all) callback(null, fitting);
        else callback(null, first.address, first.family);
      },
      (error) => {
        this.#found = undefined;
        callback(error, '', 0);
      },
    );
  };
}

function noAddress(hostname: string): NodeJS.ErrnoException {
  const text = `${hostname} has no address of the family of the source address`;
  return Object.assign(new Error(text), { code: 'ENOTFOUND' });
}
