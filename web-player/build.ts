/**
 * Builds the browser side into `web-player/dist/`: the player element (`player.js` and the chunks
 * that it loads when needed), its types (`player.d.ts`), the scripts, styles and HTML of the pages. Every file but `player.js`
 * and the HTML carries a hash of its content in its name, so that it can be cached for ever; beside
 * each text file lies its gzip.
 */
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { build, type OutputOptions } from 'rolldown';

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, 'src');
const finalDir = join(here, 'dist');
/** Where everything but `player.js` and the HTML lies, below the server's root. */
const assets = 'player/assets';

const compress = promisify(gzip);

/** Styles reach the scripts as text; white space that only people need is taken out. */
const smallerCss = {
  name: 'smaller-css',
  transform: {
    filter: { id: /\.css$/ },
    handler: (code: string) => ({
      code: minifyCss(code),
      moduleType: 'text' as const,
      map: { mappings: '' },
    }),
  },
};

function minifyCss(css: string): string {
  return (
    css
      .replace(/\/\*[\s\S]*?\*\//g, '')
      .replace(/\s+/g, ' ')
      .replace(/\s*([{};,])\s*/g, '$1')
      .replace(/: /g, ':')
      // A custom property that is empty needs its space in browsers of before 2022.
      .replace(/(--[\w-]+:)(?=[;}])/g, '$1 ')
      .trim()
  );
}

const output = (dir: string): OutputOptions => ({
  dir,
  format: 'es',
  minify: true,
  sourcemap: true,
  chunkFileNames: `${assets}/[name]-[hash].js`,
});

/** The audio worklet runs in a scope of its own, so it is one file without imports. */
async function buildWorklet(dir: string): Promise<string> {
  const built = await build({
    input: { 'audio-worklet': join(source, 'audio', 'audio-worklet.ts') },
    output: { ...output(dir), entryFileNames: `${assets}/[name]-[hash].js` },
    platform: 'browser',
    logLevel: 'warn',
  });
  return built.output[0].fileName;
}

async function buildPlayer(dir: string, worklet: string): Promise<void> {
  await build({
    input: { player: join(source, 'player.ts') },
    output: { ...output(dir), entryFileNames: '[name].js' },
    platform: 'browser',
    plugins: [smallerCss],
    transform: { define: { __AUDIO_WORKLET__: JSON.stringify(`./${basename(worklet)}`) } },
    logLevel: 'warn',
  });
  await copyFile(join(source, 'player.d.ts'), join(dir, 'player.d.ts'));
}

async function buildPages(dir: string): Promise<void> {
  const names = ['home', 'watch', 'publish', 'missing'];
  const built = await build({
    input: Object.fromEntries(names.map((name) => [name, join(source, 'pages', `${name}.ts`)])),
    output: { ...output(dir), entryFileNames: `${assets}/[name]-[hash].js` },
    platform: 'browser',
    plugins: [smallerCss],
    logLevel: 'warn',
  });
  const styles = [join(here, '..', 'shared', 'design.css'), join(source, 'pages', 'pages.css')];
  const css = minifyCss(
    (await Promise.all(styles.map((path) => readFile(path, 'utf8')))).join('\n'),
  );
  const cssName = `${assets}/pages-${hashOf(css)}.css`;
  await writeFile(join(dir, cssName), css);
  for (const name of ['favicon.svg', 'favicon.ico']) {
    await copyFile(join(source, 'pages', name), join(dir, name));
  }
  const head = await readFile(join(source, 'pages', 'head.html'), 'utf8');
  for (const name of names) {
    const entry = built.output.find(
      (file) => file.type === 'chunk' && file.isEntry && file.name === name,
    );
    if (entry === undefined) throw new Error(`The bundler made no script for the page "${name}".`);
    const html = await readFile(join(source, 'pages', `${name}.html`), 'utf8');
    const ownHead = head
      .replace('%STYLE%', `/${cssName}`)
      .replace('%SCRIPT%', `/${entry.fileName}`);
    await writeFile(join(dir, `${name}.html`), html.replace('<!-- head.html -->', ownHead));
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 8);
}

async function compressAll(dir: string): Promise<void> {
  const names = await readdir(dir, { recursive: true });
  const texts = names.filter((name) => /\.(js|css|html|svg|d\.ts)$/.test(name));
  await Promise.all(
    texts.map(async (name) => {
      const path = join(dir, name);
      await writeFile(`${path}.gz`, await compress(await readFile(path), { level: 9 }));
    }),
  );
}

// Built beside the old one and then exchanged, so that a server that starts now finds a whole one.
const buildDir = join(here, `dist.${process.pid}`);
try {
  await mkdir(join(buildDir, assets), { recursive: true });
  await buildPlayer(buildDir, await buildWorklet(buildDir));
  await buildPages(buildDir);
  await compressAll(buildDir);
  await rm(finalDir, { recursive: true, force: true });
  await rename(buildDir, finalDir);
} finally {
  await rm(buildDir, { recursive: true, force: true });
}
