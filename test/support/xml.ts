/** A strict reader of small XML documents: what is not well-formed throws. */

export interface XmlElement {
  name: string;
  attributes: Record<string, string>;
  children: XmlElement[];
  text: string;
}

const ENTITIES: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
const NAME = '[A-Za-z_][\\w.-]*';
const TOKEN = new RegExp(
  `<(?<end>/)?(?<name>${NAME})(?<attributes>(?:\\s+${NAME}="[^"<]*")*)\\s*(?<empty>/)?>|(?<text>[^<]+)`,
  'y',
);

export function parseXml(document: string): XmlElement {
  const head = '<?xml version="1.0" encoding="UTF-8"?>\n';
  if (!document.startsWith(head)) throw new Error('no XML declaration');
  if (
    /\p{Surrogate}/u.test(document) ||
    [...document].some((character) => character < ' ' && !'\t\r\n'.includes(character))
  )
    throw new Error('a character that XML does not allow');
  const outside: XmlElement = { name: '', attributes: {}, children: [], text: '' };
  const open = [outside];
  TOKEN.lastIndex = head.length;
  while (TOKEN.lastIndex < document.length) {
    const at = TOKEN.lastIndex;
    const parts = TOKEN.exec(document)?.groups;
    if (parts === undefined)
      throw new Error(`not well-formed at ${JSON.stringify(document.slice(at, at + 60))}`);
    take(parts, open);
  }
  if (open.length !== 1 || outside.children.length !== 1) throw new Error('not one element that is closed');
  return outside.children[0]!;
}

function take(
  { end, name, attributes, empty, text }: Record<string, string | undefined>,
  open: XmlElement[],
): void {
  const parent = open.at(-1)!;
  if (text !== undefined) parent.text += decoded(text);
  else if (end !== undefined) {
    if (parent.name !== name) throw new Error(`</${name}> closes <${parent.name}>`);
    open.pop();
  } else {
    const element: XmlElement = {
      name: name!,
      attributes: attributesOf(attributes!),
      children: [],
      text: '',
    };
    parent.children.push(element);
    if (empty === undefined) open.push(element);
  }
}

function attributesOf(text: string): Record<string, string> {
  const all = [...text.matchAll(new RegExp(`(${NAME})="([^"]*)"`, 'g'))];
  return Object.fromEntries(all.map(([, name, value]) => [name, decoded(value!)]));
}

function decoded(text: string): string {
  return text.replace(/&(?:#(\d+)|(\w+));|&/g, (whole, code?: string, name?: string) => {
    if (code !== undefined) return String.fromCodePoint(Number(code));
    const known = name === undefined ? undefined : ENTITIES[name];
    if (known === undefined) throw new Error(`no entity: ${whole}`);
    return known;
  });
}
