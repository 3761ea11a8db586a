/** Texts that come from the network or from the command line, made fit for a terminal, a table or a page. Pure. */

/** Longer ones are cut: a server may answer with a whole page. */
export const MAX_FOREIGN_TEXT = 300;

/** One line without control characters, which a terminal would obey, nor marks that turn the direction of what follows. */
export function oneLine(text: string, longest = MAX_FOREIGN_TEXT): string {
  const line = text
    .replace(/\s+/g, ' ')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, '\ufffd')
    .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
    .trim();
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}

/** For element content and quoted attributes, of HTML and XML both. */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** For a cell of a Markdown table: nothing in it is markup, and it stays in its cell. */
export function escapeMarkdown(text: string): string {
  return oneLine(text).replace(/[\\`*_{}[\]<>()#+!|~@$&-]/g, (character) => `\\${character}`);
}
