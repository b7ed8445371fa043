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
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

const files: readonly (readonly [url: string, name: string, type: string])[] = [
  ['/stat', 'page.html', 'text/html'],
  ['/stat/page.css', 'page.css', 'text/css'],
  ...['page.js', 'chart.js', 'figures.js', 'streams.js', 'words.js'].map(
    (name) => [`/stat/${name}`, name, 'text/javascript'] as const,
  ),
];

/** Reads the files in `stat-page/`, which do not change while the gateway runs. */
export function readStatPage(): Promise<PageFile[]> {
  return Promise.all(
    files.map(async ([url, name, type]) => {
      const content = await readFile(new URL(`../stat-page/${name}`, import.meta.url));
      const etag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`;
      return { url, type: `${type}; charset=utf-8`, content, etag };
    }),
  );
}
