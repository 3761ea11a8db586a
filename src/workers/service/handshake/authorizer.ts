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
export type Authorizer = (request: AuthorizeRequest, signal: AbortSignal) => unknown;

/**
 * @param application asks the application's function
 * @returns undefined if everybody may come in
 * @throws {HubError} AUTHORIZE_LOAD_FAILED if the module or the file cannot be used
 */
export async function createAuthorizer(
  { authorize, tokenFile }: ResolvedHubOptions,
  application: Authorizer | undefined,
): Promise<Authorizer | undefined> {
  if (tokenFile !== undefined) {
    const tokens = TokenFile.read(tokenFile);
    return (request) => tokens.answer(request);
  }
  if (authorize === undefined) return undefined;
  if (authorize.by === 'module') return ofModule(await load(authorize.file));
  if (application === undefined)
    throw new HubError(HubErrorCode.INTERNAL, 'authorize is a function, and nobody is there to call it');
  return application;
}

function ofModule(authorize: AuthorizeFunction): Authorizer {
  return (request, signal) => authorize(request, { signal });
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
