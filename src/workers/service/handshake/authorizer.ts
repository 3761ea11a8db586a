/**
 * Who answers whether a peer may come in: a module of the application in this thread, a file of tokens, or the application
 * itself, which is asked by whoever hosts the service.
 *
 * Thread: the service's.
 */
import type { AuthorizeFunction, AuthorizeRequest } from '../../../shared/authorization';
import { HubError, HubErrorCode } from '../../../shared/errors';
import { firstLine, requireOrImport } from '../../../shared/module-loader';
import type { ResolvedHubOptions } from '../../../shared/options';
import { TokenFile } from './token-file';

/** @returns an answer that is not checked yet, or a promise of one */
export type Ask = (request: AuthorizeRequest, signal: AbortSignal) => unknown;

export interface Authorizer {
  ask: Ask;
  /** The hub's options were read again. @throws {HubError} AUTHORIZE_LOAD_FAILED, and stays as it was */
  reload(): void;
}

/**
 * @param application asks the application's function
 * @returns undefined if everybody may come in
 * @throws {HubError} AUTHORIZE_LOAD_FAILED if the module or the file cannot be used
 */
export async function createAuthorizer(
  { authorize, tokenFile }: ResolvedHubOptions,
  application: Ask | undefined,
): Promise<Authorizer | undefined> {
  if (tokenFile !== undefined) {
    const tokens = new TokenFile(tokenFile);
    return { ask: (request) => tokens.answer(request), reload: () => tokens.reload() };
  }
  if (authorize === undefined) return undefined;
  if (authorize.by === 'module') {
    const ask = await load(authorize.file);
    return { ask: (request, signal) => ask(request, { signal }), reload: () => {} };
  }
  if (application === undefined)
    throw new HubError(HubErrorCode.INTERNAL, 'authorize is a function, and nobody is there to call it');
  return { ask: application, reload: () => {} };
}

async function load(file: string): Promise<AuthorizeFunction> {
  const module = await requireOrImport(file).catch((cause: Error) => {
    const message = `authorize ${file} could not be loaded: ${firstLine(String(cause?.message))}`;
    throw new HubError(HubErrorCode.AUTHORIZE_LOAD_FAILED, message, { cause });
  });
  const exported = module.authorize ?? (module.default as { authorize?: unknown } | undefined)?.authorize;
  if (typeof exported !== 'function')
    throw new HubError(HubErrorCode.AUTHORIZE_LOAD_FAILED, `authorize ${file} exports no function authorize`);
  return exported as AuthorizeFunction;
}
