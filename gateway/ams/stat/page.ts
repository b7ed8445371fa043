import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** A file of the status page. */
export interface PageFile {
  readonly url: string;
  readonly type: string;
  readonly content: Buffer;
  readonly etag: string;
}

/** The page needs nothing from elsewhere, and is given nothing. */
export const pagePolicy = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** What is shared with the other pages. */
const shared = '../../../shared/';

/** What each address is made of, in this order. */
const files: readonly (readonly [url: string, parts: readonly string[], type: string])[] = [
  ['/stat', ['page.html'], 'text/html'],
  ['/stat/page.css', [`${shared}design.css`, 'page.css'], 'text/css'],
  ...['codec-titles.js', 'warning-words.js'].map(
    (name) => [`/stat/${name}`, [shared + name], 'text/javascript'] as const,
  ),
  ...['page.js', 'chart.js', 'figures.js', 'streams.js', 'words.js'].map(
    (name) => [`/stat/${name}`, [name], 'text/javascript'] as const,
  ),
];

/** Reads the files, most of them in `stat-page/`; they do not change while the gateway runs. */
export function readStatPage(): Promise<PageFile[]> {
  return Promise.all(
    files.map(async ([url, parts, type]) => {
      const folder = new URL('../stat-page/', import.meta.url);
      const content = Buffer.concat(
        await Promise.all(parts.map((name) => readFile(new URL(name, folder)))),
      );
      const etag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`;
      return { url, type: `${type}; charset=utf-8`, content, etag };
    }),
  );
}
