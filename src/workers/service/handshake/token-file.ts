/**
 * Tokens of a file, one a line: a peer needs one of them. `#` begins a line that is none.
 *
 * Compared are digests of one length, each with all of them: so the time says nothing of how much of a token was right.
 *
 * Thread: the service's.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { AuthorizeAnswer, AuthorizeRequest } from '../../../shared/authorization';
import { HubError, HubErrorCode } from '../../../shared/errors';
import { log } from '../../../shared/log';

/** A token that can be guessed is none. */
const MIN_TOKEN_LENGTH = 16;
/** A file that others than its owner can read. */
const OTHERS_MODE = 0o077;
const BEARER = /^Bearer +([^\s]+) *$/i;
const CHALLENGE = 'Bearer realm="ringcast"';

export class TokenFile {
  readonly #file: string;
  #digests: readonly Buffer[] = [];

  /** @throws {HubError} AUTHORIZE_LOAD_FAILED if it cannot be read, holds no token or one that is too short */
  constructor(file: string) {
    this.#file = file;
    this.reload();
  }

  /** Reads it again. @throws {HubError} as the constructor; then the tokens stay as they were */
  reload(): void {
    this.#digests = readTokens(this.#file).map(digestOf);
  }

  answer({ url, headers }: AuthorizeRequest): AuthorizeAnswer {
    const given = bearerOf(headers.authorization) ?? tokenOfUrl(url);
    if (given === undefined) return denied('a token is needed', '');
    return this.#holds(given) || denied('the token is not valid', ', error="invalid_token"');
  }

  #holds(token: string): boolean {
    const digest = digestOf(token);
    let found = false;
    for (const known of this.#digests) found = timingSafeEqual(known, digest) || found;
    return found;
  }
}

function readTokens(file: string): string[] {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
    if ((statSync(file).mode & OTHERS_MODE) !== 0)
      log.warn(`tokenFile ${file} can be read by others than its owner: chmod 600 it`);
  } catch (cause) {
    throw failure(`tokenFile ${file} cannot be read: ${(cause as Error).message}`, cause);
  }
  const lines = content.split(/\r?\n/).map((line) => line.trim());
  const tokens = lines.filter((line) => line !== '' && !line.startsWith('#'));
  if (tokens.length === 0) throw failure(`tokenFile ${file} holds no token: it needs one on a line`);
  const short = lines.findIndex((line) => tokens.includes(line) && line.length < MIN_TOKEN_LENGTH);
  if (short !== -1)
    throw failure(
      `tokenFile ${file}, line ${short + 1}: a token of ${lines[short].length} characters can be guessed; ${MIN_TOKEN_LENGTH} are the least (openssl rand -hex 32 makes one)`,
    );
  return tokens;
}

function failure(message: string, cause?: unknown): HubError {
  return new HubError(HubErrorCode.AUTHORIZE_LOAD_FAILED, message, { cause });
}

function denied(reason: string, detail: string): AuthorizeAnswer {
  return { status: 401, reason, headers: { 'WWW-Authenticate': CHALLENGE + detail } };
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function bearerOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? BEARER.exec(header)?.[1] : undefined;
}

/** Browsers cannot set headers of a handshake: for them it may stand in the query. */
function tokenOfUrl(url: string): string | undefined {
  const query = url.indexOf('?');
  return query === -1 ? undefined : (new URLSearchParams(url.slice(query + 1)).get('token') ?? undefined);
}
