/** What a reload came to, in words. Pure. */
export function reloadText(applied: readonly string[], needRestart: readonly string[]): string {
  const changed = applied.length === 0 ? 'nothing changed' : `changed: ${applied.join(', ')}`;
  const rest = needRestart.length === 0 ? '' : `; needs a restart: ${needRestart.join(', ')}`;
  return `reloaded, ${changed}${rest}`;
}
