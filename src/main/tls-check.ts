/** Thread: any. */
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { TlsOptions } from '../shared/options';

/**
 * So that a certificate that does not fit its key is refused here, and what is in use stays.
 *
 * @throws {RangeError} with what is wrong as its cause
 */
export function checkTls(tls: TlsOptions): void {
  try {
    createSecureContext(tls as SecureContextOptions);
  } catch (cause) {
    throw new RangeError(`tls: key and cert cannot be used: ${(cause as Error).message}`, { cause });
  }
}
