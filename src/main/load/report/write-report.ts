/** Writes reports to files: whole or not at all. */
import {
  accessSync,
  appendFileSync,
  constants,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { LoadResult } from '../../../shared/load/result';
import { formatOf } from './formats';
import { markdownReport } from './markdown';
import { ReportError } from './report-error';
import type { ResultSet } from './result-set';

/** Whether a report can be written there: before a test, so that its result is not lost for a typing error. @throws {ReportError} */
export function checkOutput(path: string): void {
  formatOf(path);
  checkPlace(path);
}

/** Whether a file can be written there. @throws {ReportError} */
export function checkPlace(path: string): void {
  const problem = problemOfPlace(path);
  if (problem !== undefined) throw new ReportError(`cannot write ${path}: ${problem}`);
}

/** In the format that the file's name says. What stood there before is replaced at once. @throws {ReportError} */
export function writeReport(from: LoadResult | ResultSet, path: string): void {
  writeWhole(path, formatOf(path).render(from, path));
}

/** A reader finds what was there before or all of the text, never a part. @throws {ReportError} */
export function writeWhole(path: string, text: string): void {
  try {
    if (isPlainFileToBe(path)) replaceFile(path, text);
    else writeFileSync(path, text); // a pipe, /dev/stdout: nothing that could be renamed
  } catch (cause) {
    throw new ReportError(`cannot write ${path}: ${problemOfPlace(path) ?? (cause as Error).message}`, {
      cause,
    });
  }
}

/** Appends a report to the summary of a GitHub job. @throws {ReportError} */
export function writeJobSummary(from: LoadResult | ResultSet, environment: NodeJS.ProcessEnv): void {
  appendJobSummary(markdownReport(from), environment);
}

/** @throws {ReportError} */
export function appendJobSummary(markdown: string, environment: NodeJS.ProcessEnv): void {
  const path = environment.GITHUB_STEP_SUMMARY;
  if (path === undefined || path === '') {
    throw new ReportError('--github needs the variable GITHUB_STEP_SUMMARY', {
      remedy: 'GitHub sets it in the steps of a job; elsewhere use -o summary.md.',
    });
  }
  try {
    appendFileSync(path, `${markdown}\n`);
  } catch (cause) {
    throw new ReportError(`cannot append to ${path}: ${(cause as Error).message}`, { cause });
  }
}

function replaceFile(path: string, text: string): void {
  const place = followLinks(path);
  const temporary = join(dirname(place), `.${basename(place)}.${process.pid}.tmp`);
  try {
    writeFileSync(temporary, text);
    renameSync(temporary, place);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** A link stays a link. */
function followLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function isPlainFileToBe(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() !== false;
}

function problemOfPlace(path: string): string | undefined {
  const folder = dirname(path);
  const folderStatus = statSync(folder, { throwIfNoEntry: false });
  if (folderStatus === undefined) return `there is no folder ${folder}`;
  if (!folderStatus.isDirectory()) return `${folder} is no folder`;
  const status = statSync(path, { throwIfNoEntry: false });
  if (status?.isDirectory()) return 'it is a folder';
  const plain = status === undefined || status.isFile();
  return mayWrite(plain ? dirname(followLinks(path)) : path) ? undefined : 'you may not write there';
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
