/** Folders for one test each. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const folders: string[] = [];
afterAll(removeFolders); // of files that give it to nobody

/** A new folder with a short path, so that unix sockets fit into it. Gone with the last test of its file at the latest. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'rc-'));
  folders.push(folder);
  return folder;
}

/** Give it to `afterEach`, where tests leave much. */
export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}
