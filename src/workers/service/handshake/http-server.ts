/** The hub's own HTTP server: its deadlines and limits, and what it says to requests that are no handshakes. Thread: the service's. */
import http from 'node:http';
import https from 'node:https';
import { HubError, HubErrorCode } from '../../../shared/errors';
import type { ResolvedHubOptions, TlsOptions } from '../../../shared/options';

/** Deadlines and limits of the handshake; node's own are far too generous for a server of sockets that stay. */
const HTTP_SETTINGS = {
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 8_192,
  keepAliveTimeout: 1_000,
} as const;
const MAX_HEADERS = 64;
const TLS_SETTINGS = { handshakeTimeout: 5_000, minVersion: 'TLSv1.2' } as const;

/** @throws {HubError} LISTEN_FAILED if the certificate or the key cannot be used */
export function createServer(options: ResolvedHubOptions): http.Server | https.Server {
  const server = options.tls === undefined ? http.createServer(HTTP_SETTINGS) : createTlsServer(options.tls);
  server.maxHeadersCount = MAX_HEADERS;
  server.on('request', (_request, response) => answerPlainRequest(response));
  return server;
}

/** New handshakes get another certificate. */
export function renewCertificate(server: http.Server | https.Server, tls: TlsOptions): void {
  if (server instanceof https.Server) server.setSecureContext({ ...TLS_SETTINGS, ...plainTls(tls) });
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

function createTlsServer(tls: TlsOptions): https.Server {
  try {
    return https.createServer({ ...HTTP_SETTINGS, ...TLS_SETTINGS, ...plainTls(tls) });
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
  return { key: buffer(tls.key), cert: buffer(tls.cert), ca: buffer(tls.ca), passphrase: tls.passphrase };
}
