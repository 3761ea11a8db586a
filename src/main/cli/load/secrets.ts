/** Secrets on a command line are seen by everybody who can list processes: said, with what to do instead. */
import type { Given } from './request';

const SECRET_HEADER = /^\s*(authorization|cookie|proxy-authorization|x-api-key)\s*:/i;

export function warnOfSecrets({ url, flags }: Given, say: (line: string) => void): void {
  for (const text of flags.texts.header ?? []) {
    const [, name] = SECRET_HEADER.exec(text) ?? [];
    if (name === undefined) continue;
    say(
      `warning: others can see ${name} in the list of processes. Put it into a file: -H @FILE, or --token-file FILE.`,
    );
  }
  if (url !== undefined && URL.canParse(url) && new URL(url).password !== '') {
    say(
      'warning: others can see the password of the URL in the list of processes. Put Authorization into a file: -H @FILE.',
    );
  }
}
