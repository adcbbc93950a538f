/** Describes an element of a document: what stands in it are elements and texts, in their order. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly (XmlElement | string)[];
}

/** Says where a document is no well-formed XML. */
export class XmlError extends Error {
  override readonly name = 'XmlError';
}

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

/** Matches what may stand in a document, one after the other: what is skipped, CDATA, a tag, or a text. */
const token =
  /<\?.*?\?>|<!--.*?-->|<!\[CDATA\[(?<cdata>.*?)\]\]>|<(?<close>\/)?(?<name>[A-Za-z_][\w.:-]*)(?<attributes>(?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(?<empty>\/)?>|(?<text>[^<]+)/gsy;
const attribute = /([\w.:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

/** Returns the root of a small document; a DOCTYPE is refused. Throws an {@link XmlError} for what is not well-formed. */
export function parseXml(document: string): XmlElement {
  interface OpenElement extends XmlElement {
    readonly children: (XmlElement | string)[];
  }
  const source = document.replace(/^\uFEFF/, '').trim();
  const open: OpenElement[] = [];
  let root: XmlElement | undefined;
  const fail = (what: string, at: number): never => {
    throw new XmlError(`${what} at character ${at + 1}: ${source.slice(at, at + 40)}`);
  };

  token.lastIndex = 0;
  for (let at = 0; at < source.length; at = token.lastIndex) {
    const found = token.exec(source);
    if (!found) return fail('This is no XML', at);
    const { cdata, close, name, attributes = '', empty, text } = found.groups ?? {};
    const parent = open.at(-1);
    if (name !== undefined && close !== undefined) {
      if (parent?.name !== name) return fail(`</${name}> closes nothing`, at);
      open.pop();
    } else if (name !== undefined) {
      if (!parent && root) return fail('There is a second root', at);
      const element: OpenElement = { name, attributes: readAttributes(attributes), children: [] };
      if (parent) parent.children.push(element);
      else root = element;
      if (empty === undefined) open.push(element);
    } else if (text !== undefined || cdata !== undefined) {
      const content = cdata ?? unescapeXml(text ?? '');
      if (parent) parent.children.push(content);
      else if (content.trim() !== '') return fail('There is text outside the root', at);
    }
  }
  const unclosed = open.at(-1);
  if (unclosed) return fail(`<${unclosed.name}> is never closed`, source.length);
  return root ?? fail('There is no element', 0);
}

/** Returns all text in an element, that of the elements in it included. */
export function textOf(element: XmlElement): string {
  return element.children
    .map((child) => (typeof child === 'string' ? child : textOf(child)))
    .join('');
}

/** Returns the elements directly in an element. */
export function elementsOf(element: XmlElement): readonly XmlElement[] {
  return element.children.filter((child) => typeof child !== 'string');
}

function readAttributes(text: string): ReadonlyMap<string, string> {
  return new Map(
    [...text.matchAll(attribute)].map(([, name = '', double, single]) => [
      name,
      unescapeXml(double ?? single ?? ''),
    ]),
  );
}

function unescapeXml(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (typeof hex === 'string') return String.fromCodePoint(parseInt(hex, 16));
    if (typeof decimal === 'string') return String.fromCodePoint(Number(decimal));
    return typeof name === 'string' ? (entities[name] ?? whole) : whole;
  });
}
