/** Folders for one test each. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const folders: string[] = [];

/** A new folder with a short path, so that unix sockets fit into it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'rc-'));
  folders.push(folder);
  return folder;
}

/** Give it to `afterEach`. */
export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}
