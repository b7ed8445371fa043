/** Hides the values of arguments whose names look like secrets. */
export interface Mask {
  /** Whether an argument of this name shows as `***`. */
  hides(name: string): boolean;
  /** A text (an address, a sentence with one in it) with those values replaced. */
  text(text: string): string;
}

/** What stands in a secret's place. */
export const masked = '***';

/**
 * A mask for names that contain one of `words` (case does not matter): `token` hides `token`,
 * `access_token` and `userToken`. In texts it looks at `?name=value&name=value`, and always hides
 * the password of `scheme://user:password@host`.
 */
export function createMask(words: readonly string[]): Mask {
  const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\-]/g, '\\$&'));
  // With no word at all this matches nothing.
  const secret = new RegExp(escaped.length > 0 ? escaped.join('|') : '(?!)', 'i');
  const hides = (name: string) => secret.test(name);
  return {
    hides,
    text: (text) =>
      text
        .replace(/(\/\/[^/?#\s:@]*:)[^/?#\s@]*(?=@)/g, `$1${masked}`)
        .replace(/([?&;])([^=&;?#\s]*)=[^&;#\s"]*/g, (pair, before: string, name: string) =>
          hides(name) ? `${before}${name}=${masked}` : pair,
        ),
  };
}

/** A copy of a log record with every text masked, and hidden arguments in its field `args`. */
export function maskRecord(
  record: Readonly<Record<string, unknown>>,
  mask: Mask,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).map(([field, value]) => [field, masking(value, mask, field === 'args')]),
  );
}

/** Nothing nested deeper than this many levels is logged, and no longer text. */
const maxDepth = 5;
const maxText = 4000;

/** `named`: pairs and object entries are arguments, whose names decide. */
function masking(value: unknown, mask: Mask, named: boolean, depth = 0): unknown {
  if (typeof value === 'string') {
    return mask.text(value.length > maxText ? `${value.slice(0, maxText)}…` : value);
  }
  if (typeof value !== 'object' || value === null) return value;
  if (depth === maxDepth) return '…';
  const entry = (name: string, inner: unknown): [string, unknown] => [
    name,
    named && mask.hides(name) ? masked : masking(inner, mask, named, depth + 1),
  ];
  if (!Array.isArray(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => entry(name, inner)));
  }
  const [name, inner] = value as unknown[];
  if (named && value.length === 2 && typeof name === 'string') return entry(name, inner);
  return value.map((item) => masking(item, mask, named, depth + 1));
}
