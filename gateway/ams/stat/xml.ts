/** XML 1.0 text for `stat`: always well-formed, whatever names and arguments clients bring. */

export type Attribute = readonly [name: string, value: string | number | boolean];

/** An element with its attributes and, already as XML, its children. Booleans are 1 and 0. */
export function element(
  name: string,
  attributes: readonly Attribute[],
  children: readonly string[] = [],
): string {
  let text = `<${name}`;
  for (const [attribute, value] of attributes) {
    const shown = typeof value === 'boolean' ? Number(value) : value;
    text += ` ${attribute}="${typeof shown === 'string' ? escapeXml(shown) : shown}"`;
  }
  return children.length === 0 ? `${text}/>` : `${text}>${children.join('')}</${name}>`;
}

export const xmlDeclaration = '<?xml version="1.0" encoding="UTF-8"?>';

/**
 * Text for an attribute's value. Characters that XML 1.0 has no way to write (section 2.2: most
 * controls, lone surrogates, U+FFFE and U+FFFF) become U+FFFD; white space other than a blank is
 * written as a reference, as attribute values are normalised otherwise (3.3.3).
 */
export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replace(/[&<>"\t\n\r]/g, (character) => references[character] ?? '');
}

const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/**
 * A client's arguments as attributes. XML allows neither every name nor one name twice: what a name
 * may not contain becomes `_`, a name that is taken by the server gets `arg_` before it, and of
 * arguments with the same name the first one stays.
 */
export function argumentAttributes(
  args: readonly (readonly [name: string, value: string])[],
  taken: readonly Attribute[],
): Attribute[] {
  const used = new Set(taken.map(([name]) => name));
  const attributes: Attribute[] = [];
  for (const [given, value] of args) {
    const plain = attributeName(given);
    const name = taken.some(([server]) => server === plain) ? `arg_${plain}` : plain;
    if (used.has(name)) continue;
    used.add(name);
    attributes.push([name, value]);
  }
  return attributes;
}

/** ASCII letters, digits, `_ - .`, not beginning with a digit or with the reserved `xml`. */
function attributeName(given: string): string {
  const plain = given.slice(0, 128).replace(/[^A-Za-z0-9_.-]/g, '_');
  return /^[A-Za-z_]/.test(plain) && !/^xml/i.test(plain) ? plain : `_${plain}`;
}
