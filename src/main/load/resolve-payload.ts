/** What messages look like. */
import { fixedBytesOf, piecesOf } from '../../shared/load/payload-template';
import type { PayloadPlan, SizeChoice } from '../../shared/load/plan';
import { BINARY_STAMP_BYTES, TEXT_STAMP_BYTES } from '../../shared/load/probe';
import type { Faults } from './faults';
import { LOAD_DEFAULTS, LOAD_LIMITS } from './limits';
import type { LoadOptions } from './options';

export function resolvePayload(options: LoadOptions, faults: Faults): PayloadPlan {
  const { payload = {} } = options;
  const text = payload.text === true || payload.template !== undefined || payload.lines !== undefined;
  if (payload.lines?.length === 0) faults.add('payload.lines', 'must have at least one line');
  if (payload.text === false && text)
    faults.add('payload.text', 'cannot be false: lines and templates make text messages');
  return {
    sizes: resolveSizes(options.sizeBytes, smallest(text, payload.template, faults), faults),
    text,
    fill:
      payload.lines !== undefined
        ? { kind: 'lines', lines: [...payload.lines] }
        : { kind: faults.oneOf('payload.fill', payload.fill, ['random', 'constant'], 'random') },
    template: payload.template,
  };
}

function smallest(text: boolean, template: string | undefined, faults: Faults): number {
  if (template === undefined) return text ? TEXT_STAMP_BYTES : BINARY_STAMP_BYTES;
  try {
    return fixedBytesOf(piecesOf(template));
  } catch (fault) {
    faults.add('payload.template', (fault as Error).message);
    return TEXT_STAMP_BYTES;
  }
}

function resolveSizes(given: LoadOptions['sizeBytes'], lowest: number, faults: Faults): SizeChoice[] {
  const usual = Math.max(LOAD_DEFAULTS.sizeBytes, lowest);
  if (given === undefined) return [{ minBytes: usual, maxBytes: usual, weight: 1 }];
  const choices =
    typeof given === 'number'
      ? [{ minBytes: given, maxBytes: given, weight: 1 }]
      : Array.isArray(given)
        ? given.map((choice) => ({ ...choice }))
        : [{ minBytes: given.min, maxBytes: given.max, weight: 1 }];
  if (choices.length === 0) faults.add('sizeBytes', 'must be at least one size');
  for (const { minBytes, maxBytes, weight } of choices) {
    checkSize(minBytes, lowest, faults);
    if (maxBytes !== minBytes) checkSize(maxBytes, lowest, faults);
    if (maxBytes < minBytes) faults.add('sizeBytes', `must not go from ${minBytes} down to ${maxBytes}`);
    if (!(weight > 0)) faults.add('sizeBytes', `must have weights above 0, and one is ${weight}`);
  }
  return choices;
}

function checkSize(bytes: number, lowest: number, faults: Faults): void {
  const [, highest] = LOAD_LIMITS.sizeBytes;
  if (Number.isInteger(bytes) && bytes >= lowest && bytes <= highest) return;
  const why =
    bytes < lowest ? ': the stamp that each message carries, and what surrounds it, needs that much' : '';
  faults.add('sizeBytes', `must be a whole number from ${lowest} to ${highest}, and is ${bytes}${why}`);
}
