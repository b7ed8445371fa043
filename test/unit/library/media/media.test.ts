import assert from 'node:assert/strict';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { clipSource, wholeSource } from '../../../../gateway/library/media/byte-source.ts';
import { MediaFile } from '../../../../gateway/library/media/media-file.ts';
import { MediaLibrary } from '../../../../gateway/library/media/media-library.ts';
import { MovieCache } from '../../../../gateway/library/media/movie-cache.ts';
import { mediaFacts } from '../../../../gateway/library/jobs/media-facts.ts';
import { clip } from '../../../../gateway/protocols/mp4/clip.ts';
import { finish } from '../../../../gateway/protocols/mp4/work.ts';
import { tempDir } from '../../../helpers/temp-dir.ts';
import { movieOf } from '../../protocols/mp4/movies.ts';

suite('the media library', () => {
  test('folders in their order; the sample last; names may leave out what is implied', async (t) => {
    const dir = await tempDir(t);
    const [a, b] = [join(dir, 'a'), join(dir, 'b')];
    for (const folder of [a, b]) await mkdir(folder);
    const library = new MediaLibrary(() => [a, b]);
    assert.match((await library.find('1.mp4')) ?? '', /sample\/1\.mp4$/);
    assert.match((await library.find('1', { implied: true })) ?? '', /sample\/1\.mp4$/);
    assert.equal(await library.find('1'), undefined);
    await writeFile(join(b, 'x.flv'), '');
    assert.equal(await library.find('x', { implied: true }), join(b, 'x.flv'));
    await writeFile(join(a, 'x.flv'), '');
    assert.equal(await library.find('x.flv'), join(a, 'x.flv'));
  });

  test('a link to what is no media, a folder, a path: nothing', async (t) => {
    const dir = await tempDir(t);
    await writeFile(join(dir, 'secret.txt'), '');
    await symlink(join(dir, 'secret.txt'), join(dir, 'a.mp4'));
    await mkdir(join(dir, 'b.mp4'));
    const library = new MediaLibrary(() => [dir]);
    for (const name of ['a.mp4', 'b.mp4', 'secret.txt', '../x.mp4', 'none.mp4']) {
      assert.equal(await library.open(name), undefined, name);
    }
    assert.equal(await library.openPath('relative.mp4'), undefined);
    assert.equal(await library.openPath(join(dir, 'secret.txt')), undefined);
  });
});

suite('a media file', () => {
  test('places near each other are read in one go, each answered by itself', async (t) => {
    const path = join(await tempDir(t), 'a.mp4');
    const content = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251));
    await writeFile(path, content);
    const file = await MediaFile.open(path, new MovieCache());
    t.after(() => file.close());
    const places = [
      { offset: 5, size: 10 },
      { offset: 20, size: 0 },
      { offset: 15, size: 7 },
      { offset: 90_000, size: 100 },
    ];
    assert.deepEqual(
      await file.readPlaces(places),
      places.map(({ offset, size }) => content.subarray(offset, offset + size)),
    );
    await assert.rejects(file.readPlaces([{ offset: 99_990, size: 20 }]), /ends at 100000/);
    await assert.rejects(file.movie(), { code: /^MP4_/ });
    await file.close();
    await file.close();
  });

  test('any part of a clip is the same as that part of the whole clip', async (t) => {
    const movie = movieOf({ seconds: 4, at: 32 });
    const path = join(await tempDir(t), 'a.mp4');
    await writeFile(path, Buffer.from(Array.from({ length: 20_000 }, (_, index) => index % 251)));
    const file = await MediaFile.open(path, new MovieCache());
    t.after(() => file.close());
    const collect = async (pieces: AsyncGenerator<Buffer>): Promise<Buffer> => {
      const all: Buffer[] = [];
      // A piece is good until the next one is taken.
      for await (const piece of pieces) all.push(Buffer.from(piece));
      return Buffer.concat(all);
    };
    const made = finish(clip(movie, 1e6, 2.5e6));
    const source = clipSource(file, made);
    const whole = await collect(source.read(0, source.size));
    assert.equal(whole.length, source.size);
    const edges = [0, 1, made.head.length - 1, made.head.length, made.head.length + 5, source.size];
    for (const from of edges) {
      for (const to of edges.filter((edge) => edge > from)) {
        assert.deepEqual(await collect(source.read(from, to)), whole.subarray(from, to));
      }
    }
    const plain = wholeSource(file);
    assert.deepEqual(await collect(plain.read(10, 30)), (await readFile(path)).subarray(10, 30));
  });
});

test('tables are read once for who asks meanwhile and later; what fails is read again', async () => {
  const cache = new MovieCache();
  let reads = 0;
  const read = () => {
    reads++;
    return Promise.resolve(movieOf({ seconds: 1 }));
  };
  const [first, second] = await Promise.all([cache.get('a', read), cache.get('a', read)]);
  assert.equal(first, second);
  assert.equal(reads, 1);
  const fail = () => Promise.reject(new Error('no'));
  await assert.rejects(cache.get('b', fail));
  await cache.get('b', read);
  assert.equal(reads, 2);
});

test('what is told of a file', () => {
  assert.deepEqual(mediaFacts(movieOf({ seconds: 4 }), 50_000), {
    duration: 4,
    fps: 25,
    bitrate: 100_000,
    wh: '320x180',
  });
});
