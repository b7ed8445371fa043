/** An element of the small part of XML that `stat` writes: elements and attributes, no text. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
}

const namePattern = '[A-Za-z_][A-Za-z0-9_.-]*';
const tagPattern = new RegExp(
  `<(/?)(${namePattern})((?:\\s+${namePattern}="[^"<]*")*)\\s*(/?)>`,
  'y',
);
const attributePattern = new RegExp(`\\s+(${namePattern})="([^"<]*)"`, 'y');

/**
 * Reads a document and throws at whatever XML 1.0 does not allow: stray characters, unknown
 * references, attributes that are there twice, tags that do not match.
 */
export function parseStrictXml(text: string): XmlElement {
  const declaration = '<?xml version="1.0" encoding="UTF-8"?>';
  if (!text.startsWith(declaration)) throw new Error('no XML declaration');
  // Section 2.2: the characters that a document may contain.
  const bad = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.exec(text);
  if (bad) throw new Error(`the character U+${bad[0].codePointAt(0)?.toString(16)} is not XML`);
  const open: { name: string; attributes: Record<string, string>; children: XmlElement[] }[] = [
    { name: '', attributes: {}, children: [] },
  ];
  tagPattern.lastIndex = declaration.length;
  while (tagPattern.lastIndex < text.length) {
    const at = tagPattern.lastIndex;
    const tag = tagPattern.exec(text);
    if (!tag) throw new Error(`no tag at: ${text.slice(at, at + 60)}`);
    const [, closing, name = '', attributes = '', empty] = tag;
    if (closing) {
      const element = open.pop();
      if (element?.name !== name) throw new Error(`</${name}> closes <${element?.name}>`);
      open.at(-1)?.children.push(element);
      continue;
    }
    const element = { name, attributes: readAttributes(attributes), children: [] };
    if (empty) open.at(-1)?.children.push(element);
    else open.push(element);
  }
  const [root] = open;
  if (open.length !== 1 || root?.children.length !== 1) throw new Error('not one root element');
  return root.children[0]!;
}

/** Every element of that name, depth first. */
export function elementsOf(element: XmlElement, name: string): XmlElement[] {
  const own = element.name === name ? [element] : [];
  return [...own, ...element.children.flatMap((child) => elementsOf(child, name))];
}

function readAttributes(text: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  attributePattern.lastIndex = 0;
  for (let match; (match = attributePattern.exec(text));) {
    const [, name = '', value = ''] = match;
    if (name in attributes) throw new Error(`the attribute ${name} is there twice`);
    attributes[name] = value.replace(/&([^;]*);?/g, (reference, what: string) => {
      const known = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }[what];
      if (known !== undefined) return known;
      const code = /^#(\d+)$/.exec(what)?.[1];
      if (code === undefined) throw new Error(`unknown reference ${reference}`);
      return String.fromCodePoint(Number(code));
    });
  }
  return attributes;
}
