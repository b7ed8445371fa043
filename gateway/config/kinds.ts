import ipaddr from 'ipaddr.js';

/** A short text in the two languages that the reference is written in. */
export interface Bilingual {
  readonly en: string;
  readonly zh: string;
}

/**
 * A kind of value: how it is read from text, how it is written, and how the reference describes it.
 * `parse` throws an `Error` whose message completes the sentence "KEY must be …".
 */
export interface Kind<T> {
  readonly describe: Bilingual;
  parse(text: string): T;
  format(value: T): string;
}

const none: Bilingual = { en: '', zh: '' };

/** No value of a key is longer than this many characters. */
export const maxValueLength = 2048;

/** A whole number from `min` to `max`, both included. */
export function integer(min: number, max: number, unit: Bilingual = none): Kind<number> {
  const range = `${min}–${max}`;
  return {
    describe: {
      en: unit.en ? `${range} ${unit.en}` : range,
      zh: unit.zh ? `${range} ${unit.zh}` : range,
    },
    parse(text) {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
      if (value >= min && value <= max) return value;
      const what = unit.en ? `a whole number of ${unit.en}` : 'a whole number';
      throw new Error(`${what} from ${min} to ${max}`);
    },
    format: String,
  };
}

/** A TCP port; 0 asks the system for a free one. */
export const port: Kind<number> = integer(0, 65535);

/** On (1) or off (0). */
export const toggle: Kind<boolean> = {
  describe: { en: '0 or 1', zh: '0 或 1' },
  parse(text) {
    if (text === '1' || text === 'true') return true;
    if (text === '0' || text === 'false') return false;
    throw new Error('0 or 1');
  },
  format: (value) => (value ? '1' : '0'),
};

/** One word of a fixed set. */
export function choice<const T extends string>(...words: readonly T[]): Kind<T> {
  const listed = words.map((word) => `\`${word}\``).join(', ');
  return {
    describe: { en: listed, zh: listed },
    parse(text) {
      const word = words.find((candidate) => candidate === text);
      if (word !== undefined) return word;
      throw new Error(`one of ${words.join(', ')}`);
    },
    format: (value) => value,
  };
}

/** An absolute address with one of the given schemes, or nothing. */
export function url(...schemes: readonly string[]): Kind<string> {
  const begin = schemes.map((scheme) => `${scheme}://`).join(' or ');
  return {
    describe: { en: `${begin}…, or empty`, zh: `${begin.replace(' or ', ' 或 ')}… 或留空` },
    parse(text) {
      if (text === '') return '';
      const scheme = schemes.find((name) => text.toLowerCase().startsWith(`${name}://`));
      const authority = scheme === undefined ? '' : text.slice(scheme.length + 3);
      // The parser forgives much (spaces, missing hosts) that a request line would not.
      if (/^[^/?#\s]/.test(authority) && !/\s/.test(text) && URL.canParse(text)) return text;
      throw new Error(`empty or an address that begins with ${begin}`);
    },
    format: (value) => value,
  };
}

/** An absolute folder; a slash at its end is dropped. */
export const folder: Kind<string> = {
  describe: { en: 'absolute path', zh: '绝对路径' },
  parse(text) {
    const parts = text.split('/');
    const plain = !text.includes('\0') && !parts.includes('..') && !parts.includes('.');
    if (!text.startsWith('/') || !plain) {
      throw new Error('an absolute path without "." or ".." parts');
    }
    return text.replace(/\/{2,}/g, '/').replace(/(.)\/$/, '$1');
  },
  format: (value) => value,
};

/** An absolute path of a file, or nothing. */
export const file: Kind<string> = {
  describe: { en: 'absolute path of a file, or empty', zh: '文件的绝对路径,或留空' },
  parse: (text) => (text === '' ? '' : folder.parse(text)),
  format: (value) => value,
};

/** An IP address to listen on, or nothing for every address of the machine. */
export const bindAddress: Kind<string> = {
  describe: { en: 'IP address, or empty for all', zh: 'IP 地址,留空表示全部' },
  parse(text) {
    if (text === '' || isAddress(text)) return text;
    throw new Error('empty (every address of this machine) or one IPv4 or IPv6 address');
  },
  format: (value) => value,
};

/** A comma-separated list of IP addresses and CIDR ranges; `all` stands for everybody where allowed. */
export function addresses(options: { all: boolean }): Kind<readonly string[]> {
  const all = options.all ? '`all`, ' : '';
  return {
    describe: {
      en: `${all}addresses and CIDR ranges, comma-separated`,
      zh: `${options.all ? '`all`、' : ''}地址和 CIDR 网段,以逗号分隔`,
    },
    parse(text) {
      const entries = splitList(text);
      const wrong = entries.find(
        (entry) => !(options.all && entry === 'all') && !isAddress(entry) && !isRange(entry),
      );
      if (wrong === undefined && (entries.length > 0 || !options.all)) return entries;
      const expected = `${options.all ? 'all, or ' : ''}IP addresses and CIDR ranges such as 10.0.0.0/8, separated by commas`;
      throw new Error(wrong === undefined ? expected : `${expected}; "${wrong}" is neither`);
    },
    format: (value) => value.join(','),
  };
}

/** A comma-separated list of words (letters, digits, `_ - .`). */
export const words: Kind<readonly string[]> = {
  describe: { en: 'words, comma-separated', zh: '单词,以逗号分隔' },
  parse(text) {
    const entries = splitList(text);
    const wrong = entries.find((entry) => !/^[\w.-]{1,64}$/.test(entry));
    if (wrong === undefined) return entries;
    throw new Error(`words of letters, digits, "_", "-" and ".", separated by commas`);
  },
  format: (value) => value.join(','),
};

/** A comma-separated list of IP addresses and host names. */
export const hosts: Kind<readonly string[]> = {
  describe: {
    en: 'IP addresses and host names, comma-separated',
    zh: 'IP 地址和主机名,以逗号分隔',
  },
  parse(text) {
    const entries = splitList(text);
    const wrong = entries.find(
      (entry) => !isAddress(entry) && !/^(?=.{1,253}$)[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(entry),
    );
    if (wrong === undefined) return entries;
    throw new Error(`IP addresses and host names, separated by commas; "${wrong}" is neither`);
  },
  format: (value) => value.join(','),
};

/** Units, as the reference names them. */
export const units = {
  seconds: { en: 'seconds', zh: '秒' },
  milliseconds: { en: 'ms', zh: '毫秒' },
  bytes: { en: 'bytes', zh: '字节' },
  megabytes: { en: 'MB', zh: 'MB' },
  frames: { en: 'frames', zh: '帧' },
  hours: { en: 'hours', zh: '小时' },
  days: { en: 'days', zh: '天' },
} satisfies Record<string, Bilingual>;

function splitList(text: string): readonly string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

function isAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text);
}

function isRange(text: string): boolean {
  return (
    text.includes('/') && isAddress(text.slice(0, text.indexOf('/'))) && ipaddr.isValidCIDR(text)
  );
}
