/** The keys of a configuration file that say who may come in. Thread: any. */
import {
  FORWARDED_HEADERS,
  type HubOptions,
  ORIGIN_POLICIES,
  type OriginPolicy,
  resolveAdmission,
} from '../../shared/options';
import { type Check, existingFile, oneOf } from './checks';

export const trueOrFalse: Check = (value, at, report) => {
  if (typeof value !== 'boolean') report.wrong(at, `is ${JSON.stringify(value)}: it must be true or false`);
  return value;
};

/** Checked as the library would; its message names the key and the value. */
function asOption(key: 'origins' | 'trustedProxies', read: (value: unknown) => unknown): Check {
  return (value, at, report) => {
    const option = read(value);
    try {
      resolveAdmission({ [key]: option } as HubOptions);
    } catch (error) {
      const { message } = error as Error;
      report.wrong(
        at,
        message.startsWith(`${key} `) ? message.slice(key.length + 1) : `is wrong: ${message}`,
      );
    }
    return option;
  };
}

/** One may stand alone, without the dash of a list. */
const listOf = (value: unknown): unknown => (typeof value === 'string' ? [value] : value);

export const ADMISSION_CHECKS: { [key: string]: Check } = {
  authorize: existingFile,
  tokenFile: existingFile,
  origins: asOption('origins', (value) =>
    ORIGIN_POLICIES.includes(value as OriginPolicy) ? value : listOf(value),
  ),
  requireOrigin: trueOrFalse,
  trustedProxies: asOption('trustedProxies', listOf),
  forwardedHeader: oneOf(...FORWARDED_HEADERS),
};
