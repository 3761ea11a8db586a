/** Why a connection did not come about, or ended: with a code to count by, and a remedy where there is one. */

/** Codes of our own; others are the system's (`ECONNREFUSED`) or name an HTTP status (`HTTP 503`). */
export const ConnectFailure = {
  /** No open connection within the connect timeout. */
  TIMEOUT: 'TIMEOUT',
  /** The answer to the upgrade is none that RFC 6455 section 4.1 lets a client accept. */
  BAD_UPGRADE: 'BAD_UPGRADE',
  /** The server closed before it had answered the upgrade. */
  CLOSED_EARLY: 'CLOSED_EARLY',
  /** The server broke the protocol once the connection was open. */
  PROTOCOL: 'PROTOCOL',
  /** The adapter says that the server refused. */
  REFUSED: 'REFUSED',
  /** The adapter threw. */
  ADAPTER: 'ADAPTER',
} as const;

export class ConnectError extends Error {
  readonly code: string;
  /** What the server asks for before the next attempt. */
  readonly retryAfterMs: number | undefined;

  constructor(code: string, message: string, retryAfterMs?: number) {
    super(message);
    this.name = 'ConnectError';
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/** What to do about an error of the system that is of this host's making, not the server's. */
const REMEDIES: Record<string, string> = {
  EADDRNOTAVAIL:
    'this host has no free port to that address, or not the source address: more source addresses (--source-ip), or see `ringcast doctor`',
  EMFILE: 'this process may open no more descriptors: more processes (--processes), or see `ringcast doctor`',
  ENFILE: 'this host may open no more descriptors: see `ringcast doctor`',
  ENOBUFS: 'the kernel has no memory for more sockets: see `ringcast doctor`',
  ENOMEM: 'the kernel has no memory for more sockets: see `ringcast doctor`',
};

/** The same error with its remedy in the text, if there is one. */
export function withRemedy(error: Error): Error {
  const { code } = error as NodeJS.ErrnoException;
  const remedy = code === undefined ? undefined : REMEDIES[code];
  return remedy === undefined ? error : new ConnectError(code!, `${error.message}: ${remedy}`);
}

/** What an error is counted by. */
export function codeOf(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? error.name;
}
