/** HTML in which everything is escaped that is not HTML by type: nothing from a result can become markup. Pure. */
import { escapeMarkup } from '../plain-text';

export class Markup {
  readonly text: string;

  /** Only for what is written in our own source. */
  constructor(text: string) {
    this.text = text;
  }
}

type Part = Markup | string | number | undefined | false | readonly Part[];

/** A tag for templates: `html\`<td>${anything}</td>\``. */
export function html(pieces: TemplateStringsArray, ...parts: Part[]): Markup {
  return new Markup(
    pieces.reduce((text, piece, i) => text + piece + (i < parts.length ? partText(parts[i]) : ''), ''),
  );
}

function partText(part: Part): string {
  if (part === undefined || part === false) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'object') return part.map(partText).join('');
  return escapeMarkup(String(part));
}

/** Data in a page: JSON that no parser of HTML can take for the end of its script. */
export function inertJson(value: unknown): Markup {
  return new Markup(
    JSON.stringify(value).replace(
      /[<>&\u2028\u2029]/g,
      (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  );
}
