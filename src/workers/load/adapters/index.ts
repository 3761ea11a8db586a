/** Finds the adapter that a plan names: one that is built in, or a module of the user's. */
import { HubError, HubErrorCode } from '../../../shared/errors';
import type { Adapter } from '../../../shared/load/adapter';
import { firstLine, requireOrImport } from '../../../shared/module-loader';
import { socketIo } from './socket-io';

const FUNCTIONS = ['url', 'open', 'wrap', 'message'] as const;

/**
 * @param name `raw`, `socket.io`, or the absolute path of a module
 * @returns undefined for `raw`: messages are bare payloads
 * @throws {HubError} ADAPTER_LOAD_FAILED
 */
export async function loadAdapter(name: string): Promise<Adapter | undefined> {
  if (name === 'raw') return undefined;
  if (name === socketIo.name) return socketIo;
  let module: Record<string, unknown>;
  try {
    module = await requireOrImport(name);
  } catch (cause) {
    throw loadFailed(name, `could not be loaded: ${firstLine((cause as Error).message)}`, cause);
  }
  const byDefault = module.default as Record<string, unknown> | undefined;
  const adapter = module.adapter ?? byDefault?.adapter ?? byDefault ?? module;
  const fault = faultOf(adapter);
  if (fault !== undefined) throw loadFailed(name, fault);
  return adapter as Adapter;
}

/** What keeps a value from being an adapter. */
function faultOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return 'exports no object as `adapter`, nor by default';
  const adapter = value as Record<string, unknown>;
  if (typeof adapter.name !== 'string' || adapter.name === '')
    return 'exports no adapter: it has no `name`, which must be a text';
  const wrong = FUNCTIONS.find((key) => adapter[key] !== undefined && typeof adapter[key] !== 'function');
  if (wrong !== undefined) return `has an adapter whose \`${wrong}\` is no function`;
  if (FUNCTIONS.every((key) => adapter[key] === undefined))
    return `has an adapter with none of ${FUNCTIONS.join(', ')}`;
  return faultOfRest(adapter);
}

function faultOfRest({ subprotocols, heartbeat }: Record<string, unknown>): string | undefined {
  const isTexts = Array.isArray(subprotocols) && subprotocols.every((one) => typeof one === 'string');
  if (subprotocols !== undefined && !isTexts)
    return 'has an adapter whose `subprotocols` are no list of texts';
  if (heartbeat === undefined) return undefined;
  const { everyMs, messages } = heartbeat as Record<string, unknown>;
  return typeof everyMs === 'number' && everyMs > 0 && typeof messages === 'function'
    ? undefined
    : 'has an adapter whose `heartbeat` is not { everyMs, messages }';
}

function loadFailed(file: string, what: string, cause?: unknown): HubError {
  return new HubError(HubErrorCode.ADAPTER_LOAD_FAILED, `script ${file} ${what}`, { cause });
}
