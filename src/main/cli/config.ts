/** `ringcast config`: what a configuration file says, whether it is right, and one to begin with. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { CONFIG_TEMPLATE } from '../config/config-template';
import { type Entry, type Given, readSettings } from '../config/settings';
import { ExitCode } from './exit-codes';
import { Failure } from './failure';
import { Terminal } from './terminal';

export interface PrintOptions {
  origin?: boolean;
  json?: boolean;
}

export interface InitOptions {
  force?: boolean;
  quiet?: boolean;
}

export async function print({ origin, json }: PrintOptions, given: Given): Promise<ExitCode> {
  const entries = readSettings(given).entries.map((entry) => ({ ...entry, value: readable(entry.value) }));
  const text = json
    ? `${JSON.stringify(Object.fromEntries(entries.map(({ key, ...rest }) => [key, origin ? rest : rest.value])))}\n`
    : table(entries, origin === true);
  process.stdout.write(text);
  return ExitCode.OK;
}

export async function validate(file: string, options: { quiet?: boolean }): Promise<ExitCode> {
  const config = path.resolve(file);
  readSettings({ values: { config }, origins: {} });
  new Terminal(options).note(`${config} is good.`);
  return ExitCode.OK;
}

export async function init(file: string, { force, quiet }: InitOptions): Promise<ExitCode> {
  if (file === '-') {
    process.stdout.write(CONFIG_TEMPLATE);
    return ExitCode.OK;
  }
  try {
    writeFileSync(file, CONFIG_TEMPLATE, { flag: force ? 'w' : 'wx' });
  } catch (cause) {
    const exists = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    throw new Failure(
      ExitCode.FAILURE,
      exists ? `${file} is there already.` : `Cannot write ${file}: ${(cause as Error).message}.`,
      { remedy: exists ? 'Overwrite it with --force, or name another file.' : undefined, cause },
    );
  }
  new Terminal({ quiet }).note(`Wrote ${file}. Use it with ringcast start --config ${file}.`);
  return ExitCode.OK;
}

function table(entries: Entry[], withOrigin: boolean): string {
  const rows = entries.map(({ key, value, origin }) => ({
    text: `${key}: ${JSON.stringify(value)}`,
    origin,
  }));
  const width = Math.max(...rows.map(({ text }) => text.length));
  return rows
    .map(({ text, origin }) => (withOrigin ? `${text.padEnd(width)}  # ${origin}\n` : `${text}\n`))
    .join('');
}

function readable(value: unknown): unknown {
  return value === Number.MAX_SAFE_INTEGER ? 'no limit' : value;
}
