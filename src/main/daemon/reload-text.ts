/** What a reload came to, in words. Pure. */

export function reloadText(applied: readonly string[], needRestart: readonly string[]): string {
  const changed = applied.length === 0 ? 'nothing changed' : `changed: ${applied.join(', ')}`;
  const rest = needRestart.length === 0 ? '' : `; needs a restart: ${needRestart.join(', ')}`;
  return `reloaded, ${changed}${rest}`;
}

/** Why a reload was refused, in one line of the log. */
export function refusalText(error: unknown): string {
  const { message, remedy } = error as { message: string; remedy?: string };
  const reason = [message, remedy].filter(Boolean).join(' ');
  return `reload refused, everything stays as it was: ${reason.replace(/\s*\n\s*/g, '; ')}`;
}
