import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { Hub } from '../../../../gateway/live/hub.ts';
import type { LiveSettings } from '../../../../gateway/live/settings.ts';
import type { Log } from '../../../../gateway/ops/log.ts';
import { LivePictures } from '../../../../gateway/servers/http/live-pictures.ts';
import { avc, avcConfig } from '../../../helpers/crafted-media.ts';
import { tempDir } from '../../../helpers/temp-dir.ts';

const settings = {
  gop: { frames: 100, bytes: 1_000_000, duration: 20_000_000 },
  republishGraceMs: 0,
  publishConflict: 'takeover',
} as LiveSettings;

type Run = (source: string, target: string) => void | Promise<void>;

/** Pictures whose "ffmpeg" is `run`, of a hub with these streams. */
async function setUp(t: TestContext, names: readonly string[], run: Run) {
  const hub = new Hub(
    () => settings,
    () => 0,
  );
  const publications = names.map((name) => {
    const publication = hub.publish(name, { replaced() {} })!;
    for (const packet of [avcConfig(), avc(0, 'key', name.length)]) publication.push(packet);
    return publication;
  });
  let running = 0;
  const runs: string[] = [];
  const folder = join(await tempDir(t), 'pictures');
  const pictures = new LivePictures({
    hub,
    log: { debug() {} } as unknown as Log,
    ffmpeg: 'ffmpeg',
    folder,
    async run(_, args) {
      assert.equal(++running, 1, 'one at a time');
      const [source = '', target = ''] = args
        .filter((arg) => arg.startsWith('file:'))
        .map((arg) => arg.slice('file:'.length));
      runs.push(readFileSync(source).toString('latin1'));
      await Promise.resolve();
      await run(source, target);
      running--;
    },
  });
  t.after(() => pictures.close());
  return { hub, pictures, publications, runs };
}

const draw: Run = (_, target) => writeFileSync(target, 'JPEG');

suite('pictures of live streams', () => {
  test('one at a time, once for all who ask, of streams that are live', async (t) => {
    const { pictures, publications, runs } = await setUp(t, ['a', 'bb'], draw);
    const asked = ['a', 'bb', 'a', 'nobody'].map((name) => pictures.of(name));
    const got = await Promise.all(asked);
    assert.deepEqual(
      got.map((picture) => picture?.toString()),
      ['JPEG', 'JPEG', 'JPEG', undefined],
    );
    assert.equal(runs.length, 2);
    assert.ok(runs[0]?.startsWith('\0\0\0\x01'), 'the key frame is a byte stream');
    assert.ok(runs[0]?.includes('\x67\x64\0\x0c'), 'with its parameter sets');
    await pictures.of('a');
    assert.equal(runs.length, 2, 'a picture of late is good enough');
    publications[0]!.end(true);
    assert.equal(await pictures.of('a'), undefined, 'a stream that is over has none');
  });

  test('what cannot be decoded has none, and is not tried again at once', async (t) => {
    const { pictures, runs } = await setUp(t, ['a'], () => {
      throw new Error('ffmpeg: ended with 1.');
    });
    // The fake counts the failed run as running still: a second one would be noticed.
    assert.equal(await pictures.of('a'), undefined);
    assert.equal(await pictures.of('a'), undefined);
    assert.equal(runs.length, 1);
  });

  test('more streams than may wait are told to come again', async (t) => {
    const names = Array.from({ length: 30 }, (_, index) => `stream${index}`);
    const drawn = Promise.withResolvers<void>();
    const { pictures } = await setUp(t, names, async (source, target) => {
      await drawn.promise;
      await draw(source, target);
    });
    const asked = names.map((name) => pictures.of(name));
    assert.equal(await asked[29], undefined);
    drawn.resolve();
    assert.ok(await asked[15]);
  });

  test('the end waits for nobody', async (t) => {
    const { pictures } = await setUp(t, ['a', 'b'], draw);
    const asked = [pictures.of('a'), pictures.of('b')];
    await pictures.close();
    assert.deepEqual(await Promise.all(asked), [undefined, undefined]);
  });
});
