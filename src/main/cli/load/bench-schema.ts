/** The JSON Schema of a file for `ringcast bench --config`, for editors. Pure. */
import { BENCH_FLAGS } from './bench-flags';
import { ofScenarios } from './file-sources';
import type { FlagSpec, FlagTable } from './flag';

/** Draft 2020-12. */
export function benchSchema(): object {
  const url = { type: 'string', description: 'ws:// or wss://' };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'A load test for ringcast bench',
    type: 'object',
    additionalProperties: false,
    properties: {
      $schema: { type: 'string' },
      url,
      command: {
        type: 'array',
        items: { type: 'string' },
        minItems: 1,
        description: 'starts the server under test: the program and its arguments',
      },
      scenarios: {
        type: 'object',
        minProperties: 1,
        description: 'tests that run one after the other; what one does not say holds as for the file',
        additionalProperties: {
          type: ['object', 'null'],
          additionalProperties: false,
          properties: { url, ...propertiesOf(ofScenarios()) },
        },
      },
      ...propertiesOf(BENCH_FLAGS),
    },
  };
}

function propertiesOf(table: FlagTable): { [key: string]: object } {
  return Object.fromEntries(
    Object.entries(table).map(([key, spec]) => [
      key,
      { description: descriptionOf(spec), ...schemaOf(spec) },
    ]),
  );
}

function schemaOf({ reader, list, map, optional }: FlagSpec): object {
  const one = optional === undefined ? reader.schema : { type: ['string', 'number', 'boolean'] };
  const ways: object[] = [one];
  if (list !== undefined) ways.push({ type: 'array', items: one });
  if (map !== undefined) ways.push({ type: 'object', additionalProperties: { type: ['string', 'number'] } });
  // A list may be one text too, with commas: then an enumeration says nothing.
  if (list !== undefined && 'enum' in one) ways.push({ type: 'string', pattern: ',' });
  return ways.length === 1 ? one : { anyOf: ways };
}

function descriptionOf({ about, fallback }: FlagSpec): string {
  return fallback === undefined ? about : `${about} (default: ${fallback})`;
}
