/** The part of JSON Schema (draft 2020-12) that our schemas use, with a check that says where something is wrong. Pure. */

export interface Schema {
  type?: TypeName | TypeName[];
  const?: string;
  enum?: readonly string[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema;
  items?: Schema;
  $ref?: string;
  minimum?: number;
  description?: string;
}

type TypeName = 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | 'null';
export type Definitions = Record<string, Schema>;

/** More faults than these are not told: the first say enough. */
const MOST_FAULTS = 5;

/** What is wrong, as `latency.response.count: a number is needed, and it is "many"`. Empty: nothing. */
export function faultsBySchema(value: unknown, schema: Schema, definitions: Definitions): string[] {
  const faults: string[] = [];
  check(value, schema, '', { faults, definitions });
  return faults;
}

interface Checking {
  faults: string[];
  definitions: Definitions;
}

function check(value: unknown, schema: Schema, path: string, checking: Checking): void {
  if (checking.faults.length >= MOST_FAULTS) return;
  const { faults, definitions } = checking;
  const resolved = schema.$ref === undefined ? schema : definitions[schema.$ref.replace('#/$defs/', '')]!;
  const problem = problemOf(value, resolved);
  if (problem !== undefined) faults.push(`${path || 'the whole'}: ${problem}`);
  else if (Array.isArray(value)) checkItems(value, resolved, path, checking);
  else if (typeof value === 'object' && value !== null) checkProperties(value, resolved, path, checking);
}

function checkItems(value: unknown[], { items }: Schema, path: string, checking: Checking): void {
  if (items === undefined) return;
  value.forEach((item, i) => {
    check(item, items, `${path}[${i}]`, checking);
  });
}

function checkProperties(value: object, schema: Schema, path: string, checking: Checking): void {
  const at = (name: string) => (path === '' ? name : `${path}.${name}`);
  for (const name of schema.required ?? []) {
    if (!Object.hasOwn(value, name) && checking.faults.length < MOST_FAULTS)
      checking.faults.push(`${at(name)}: it is missing`);
  }
  for (const [name, item] of Object.entries(value)) {
    const known = schema.properties && Object.hasOwn(schema.properties, name);
    const itsSchema = known ? schema.properties![name] : schema.additionalProperties;
    if (itsSchema !== undefined) check(item, itsSchema, at(name), checking);
  }
}

function problemOf(value: unknown, schema: Schema): string | undefined {
  const types = schema.type === undefined ? [] : [schema.type].flat();
  if (types.length > 0 && !types.some((type) => isOf(value, type)))
    return `${types.join(' or ')} is needed, and it is ${shown(value)}`;
  if (schema.const !== undefined && value !== schema.const)
    return `it must be "${schema.const}", and is ${shown(value)}`;
  if (schema.enum !== undefined && !schema.enum.includes(value as string))
    return `it must be one of ${schema.enum.join(', ')}, and is ${shown(value)}`;
  if (schema.minimum !== undefined && typeof value === 'number' && value < schema.minimum)
    return `it must be at least ${schema.minimum}, and is ${value}`;
  return undefined;
}

function isOf(value: unknown, type: TypeName): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
