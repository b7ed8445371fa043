import assert from 'node:assert/strict';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { start } from '../../helpers/processes.ts';
import { tempDir } from '../../helpers/temp-dir.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const TYPES = join(root, 'web-player/src/player.d.ts');
const EXAMPLE = join(root, 'docs/examples/player.ts');

/** Checks the project in `dir`; answers what the compiler says. */
async function check(t: TestContext, dir: string, options: object): Promise<string> {
  const common = { strict: true, noEmit: true, lib: ['es2023', 'dom', 'dom.iterable'], types: [] };
  const compilerOptions = { ...common, module: 'esnext', moduleResolution: 'bundler', ...options };
  await writeFile(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['.'] }));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const child = start(t, process.execPath, [compiler, '-p', dir]);
  await child.exit(120_000);
  return child.stdout();
}

/** The names in which two types differ; nothing, when they are the same. */
const COMPARISON = `
import type { AmsPlayerElement as Declared } from './player.d.ts';
import type { AmsPlayerElement as Real } from 'REAL';

type Own<T> = Exclude<keyof T, keyof HTMLElement | 'connectedCallback' | 'disconnectedCallback' | 'attributeChangedCallback'>;
/** Identical, not just assignable: what is optional may be missing from what is assignable. */
type Same<A, B> = (<X>() => X extends A ? 1 : 2) extends (<X>() => X extends B ? 1 : 2) ? true : false;
type Writable<T, K extends keyof T> = (<X>() => X extends { [P in K]: T[K] } ? 1 : 2) extends
  (<X>() => X extends { -readonly [P in K]: T[K] } ? 1 : 2) ? true : false;
type Differing = {
  [K in Own<Real> & Own<Declared>]: [Same<Real[K], Declared[K]>, Writable<Pick<Real, K>, K>] extends
    [true, Writable<Pick<Declared, K>, K>] ? never : K;
}[Own<Real> & Own<Declared>];

export const differing: Differing extends never ? 'nothing' : Differing = 'nothing';
export const missing: Exclude<Own<Real>, Own<Declared>> extends never ? 'nothing' : Exclude<Own<Real>, Own<Declared>> = 'nothing';
export const invented: Exclude<Own<Declared>, Own<Real>> extends never ? 'nothing' : Exclude<Own<Declared>, Own<Real>> = 'nothing';
`;

suite('the player’s types', () => {
  test('an integrator’s program beside copies of the files', async (t) => {
    const dir = await tempDir(t);
    await copyFile(TYPES, join(dir, 'player.d.ts'));
    await copyFile(EXAMPLE, join(dir, 'example.ts'));
    assert.equal(await check(t, dir, {}), '');
    await writeFile(
      join(dir, 'wrong.ts'),
      `import { AmsPlayerElement } from './player.js';\nnew AmsPlayerElement().volume = 'loud';\n`,
    );
    assert.match(await check(t, dir, {}), /wrong\.ts\(2,.*TS2322/);
  });

  test('an integrator’s program that loads the player from the gateway', async (t) => {
    const dir = await tempDir(t);
    await mkdir(join(dir, 'types'));
    await copyFile(TYPES, join(dir, 'types/player.d.ts'));
    const address = 'https://media.example/player.js';
    const example = await readFile(EXAMPLE, 'utf8');
    await writeFile(join(dir, 'example.ts'), example.replace('./player.js', address));
    assert.equal(await check(t, dir, { paths: { [address]: ['./types/player.d.ts'] } }), '');
  });

  test('they are what the element is', async (t) => {
    const dir = await tempDir(t);
    await copyFile(TYPES, join(dir, 'player.d.ts'));
    const real = join(root, 'web-player/src/ams-player.ts');
    await writeFile(join(dir, 'comparison.ts'), COMPARISON.replace('REAL', real));
    await copyFile(join(root, 'web-player/src/assets.d.ts'), join(dir, 'assets.d.ts'));
    const said = await check(t, dir, { allowImportingTsExtensions: true, skipLibCheck: true });
    assert.equal(
      said
        .split('\n')
        .filter((line) => line.includes('comparison.ts'))
        .join('\n'),
      '',
    );
  });
});
