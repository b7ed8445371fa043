import { readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';

/** The status page, whole in one document. */
export interface StatPage {
  readonly html: string;
  /** `Content-Security-Policy`: the page needs nothing from elsewhere, and is given nothing. */
  readonly policy: string;
}

/** Puts the page together from the files in `stat-page/`. */
export async function statPage(): Promise<StatPage> {
  const file = (name: string) => readFile(new URL(`../stat-page/${name}`, import.meta.url), 'utf8');
  const [frame = '', style = '', script = ''] = await Promise.all(
    ['page.html', 'page.css', 'page.js'].map(file),
  );
  const html = frame
    .replace('<style></style>', () => `<style>${style}</style>`)
    .replace('<script></script>', () => `<script>${script}</script>`);
  const policy = [
    "default-src 'none'",
    `style-src ${hashOf(style)}`,
    `script-src ${hashOf(script)}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ];
  return { html, policy: policy.join('; ') };
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
