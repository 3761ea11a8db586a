/** The hub's own HTTP server: its deadlines and limits, and what it says to requests that are no handshakes. Thread: the service's. */
import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { HubError, HubErrorCode } from '../../../shared/errors';
import type { ResolvedHubOptions, TlsOptions } from '../../../shared/options';
import { answerOf, type Refusal } from './refusal';

/**
 * The deadlines are those of `Admission`. Node's own come this much later, for a host that does not turn its hub: node goes
 * by the clock, also while the thread is busy.
 */
const SAFETY_MS = 60_000;
const KEEP_ALIVE_MS = 1_000;
const CHECKING_INTERVAL_MS = 1_000;
const DEFAULT_MIN_VERSION = 'TLSv1.2';

const TOO_LARGE: Refusal = { status: 431, text: 'the headers are too large', reason: 'malformed' };
const NO_HTTP: Refusal = { status: 400, text: 'this is no HTTP', reason: 'malformed' };
const TOO_LATE: Refusal = { status: 408, text: 'no complete request in time', reason: 'timeout' };

/** @throws {HubError} LISTEN_FAILED if the certificate or the key cannot be used */
export function createServer(options: ResolvedHubOptions): http.Server | https.Server {
  const settings = {
    connectionsCheckingInterval: CHECKING_INTERVAL_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: options.maxHeaderBytes,
  };
  const server =
    options.tls === undefined
      ? http.createServer(settings)
      : createTlsServer(
          { ...settings, handshakeTimeout: options.handshakeTimeoutMs + SAFETY_MS },
          options.tls,
        );
  applyLimits(server, options);
  server.on('request', (_request, response) => answerPlainRequest(response));
  return server;
}

/** Limits for the connections to come. */
export function applyLimits(server: http.Server | https.Server, options: ResolvedHubOptions): void {
  server.headersTimeout = options.handshakeTimeoutMs + SAFETY_MS;
  server.requestTimeout = options.handshakeTimeoutMs + SAFETY_MS;
  server.maxHeadersCount = options.maxHeaders;
  Object.assign(server, { maxHeaderSize: options.maxHeaderBytes }); // read for each connection; not in the type package
}

/** New handshakes get another certificate. */
export function renewCertificate(server: http.Server | https.Server, tls: TlsOptions): void {
  if (server instanceof https.Server) server.setSecureContext(plainTls(tls));
}

/** What a peer is answered whose bytes the parser did not understand. @returns undefined if nothing can be said to it */
export function answerToFault(error: NodeJS.ErrnoException, socket: Socket): Refusal | undefined {
  const refusal = refusalOf(error.code ?? '');
  if (refusal === undefined || !socket.writable) {
    socket.destroy();
    return undefined;
  }
  socket.end(answerOf(refusal), () => socket.destroy());
  return refusal;
}

/** Undefined: it is no fault of the request, but of the connection or of TLS, where nothing can be said. */
function refusalOf(code: string): Refusal | undefined {
  if (code === 'HPE_HEADER_OVERFLOW') return TOO_LARGE;
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return TOO_LATE;
  return code.startsWith('HPE_') ? NO_HTTP : undefined;
}

function answerPlainRequest(response: http.ServerResponse): void {
  const text = 'This is a WebSocket server.\n';
  response.writeHead(426, {
    Upgrade: 'websocket',
    Connection: 'close',
    'Content-Type': 'text/plain',
    'Content-Length': text.length,
  });
  response.end(text);
}

function createTlsServer(settings: https.ServerOptions, tls: TlsOptions): https.Server {
  try {
    return https.createServer({ ...settings, ...plainTls(tls) });
  } catch (cause) {
    throw new HubError(
      HubErrorCode.LISTEN_FAILED,
      `tls.key and tls.cert cannot be used: ${(cause as Error).message}`,
      { cause },
    );
  }
}

/** Bytes that came through structured clone are plain Uint8Arrays: TLS wants Buffers. */
function plainTls(tls: TlsOptions): https.ServerOptions {
  const buffer = (pem: string | Uint8Array | undefined) =>
    pem instanceof Uint8Array ? Buffer.from(pem) : pem;
  return {
    key: buffer(tls.key),
    cert: buffer(tls.cert),
    ca: buffer(tls.ca),
    passphrase: tls.passphrase,
    minVersion: tls.minVersion ?? DEFAULT_MIN_VERSION,
  };
}
