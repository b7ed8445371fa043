import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { readMovieFile } from '../../gateway/library/media/movie-file.ts';
import { clip, wholeFile } from '../../gateway/protocols/mp4/clip.ts';
import { Mp4Error } from '../../gateway/protocols/mp4/errors.ts';
import { finish } from '../../gateway/protocols/mp4/work.ts';
import { VodSegments } from '../../gateway/protocols/hls/vod-segments.ts';
import { flvHeader, tagSize, writeTag } from '../../gateway/protocols/flv/tag-writer.ts';
import { audioBody, videoBody } from '../../gateway/protocols/flv/tag-body.ts';
import { aac, aacConfig, avcConfig, camera } from '../helpers/crafted-media.ts';
import { bytesOf, movieOf } from '../unit/protocols/mp4/movies.ts';

const folder = mkdtempSync(join(tmpdir(), 'ams-fuzz-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, 'file');

const mp4 = bytesOf(finish(wholeFile(movieOf({ seconds: 2, reorder: [2, 4, 1] }))));
const sample = readFileSync(new URL('../../gateway/library/sample/1.mp4', import.meta.url));
const flv = flvFile();

/** All that is done with a file: tables, a clip, HLS. Whatever it is, errors are ours. */
async function use(bytes: Buffer): Promise<'read' | 'refused'> {
  writeFileSync(path, bytes);
  const file = await open(path);
  try {
    const movie = await readMovieFile(file, bytes.length);
    for (const { samples } of movie.tracks) {
      for (let index = 0; index < samples.count; index++) {
        const end = samples.offset(index) + samples.size(index);
        assert.ok(end <= bytes.length, `a sample ends at ${end} of ${bytes.length}`);
      }
    }
    const { size, head, ranges } = finish(clip(movie, 500_000, 1_500_000));
    assert.equal(
      size,
      ranges.lengths.reduce((sum, length) => sum + length, head.length),
    );
    const segments = new VodSegments(movie);
    assert.ok(segments.segments.length > 0);
    return 'read';
  } catch (error) {
    if (error instanceof Mp4Error || (error as Error).name === 'CodecError') return 'refused';
    throw error;
  } finally {
    await file.close();
  }
}

const edits = fc.array(
  fc.tuple(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.nat(255)),
  { minLength: 1, maxLength: 12 },
);

const settings = { seed: 4, numRuns: 300 };

test('the files as they are', async () => {
  assert.equal(await use(mp4), 'read');
  assert.equal(await use(sample), 'read');
  assert.equal(await use(flv), 'read');
});

for (const [name, file] of [
  ['MP4', mp4],
  ['FLV', flv],
] as const) {
  test(`${name} cut short anywhere`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(file.length - 1), async (length) => {
        await use(file.subarray(0, length));
      }),
      settings,
    );
  });

  test(`${name} with bytes changed, mostly in its description`, async () => {
    const description = name === 'MP4' ? file.indexOf('mdat') : 2000;
    await fc.assert(
      fc.asyncProperty(edits, async (changes) => {
        const bytes = Buffer.from(file);
        for (const [where, value] of changes) bytes[Math.floor(where * description)] = value;
        await use(bytes);
      }),
      settings,
    );
  });
}

test('counts and sizes of 32 ones anywhere in the description: an error, or less of the file', async () => {
  const before = process.memoryUsage().arrayBuffers;
  const description = mp4.indexOf('mdat');
  await fc.assert(
    fc.asyncProperty(
      fc.nat(description / 4),
      fc.constantFrom(0, 1, 0x7fff_ffff, 0xffff_ffff),
      async (word, value) => {
        const bytes = Buffer.from(mp4);
        bytes.writeUInt32BE(value, word * 4);
        await use(bytes);
      },
    ),
    settings,
  );
  const grown = process.memoryUsage().arrayBuffers - before;
  assert.ok(grown < 100e6, `${grown} bytes`);
});

test('bytes of chance', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), async (bytes) => {
      assert.equal(await use(Buffer.from(bytes)), 'refused');
    }),
    { seed: 4, numRuns: 100 },
  );
});

function flvFile(): Buffer {
  const packets = [avcConfig(), aacConfig(), ...camera({ seconds: 2 }), aac(2000)];
  const parts = packets.map((packet) => {
    const { role, payload, dts } = packet;
    const body =
      packet.kind === 'video'
        ? videoBody({ codec: 'h264', role, compositionTime: 0, payload })
        : audioBody({ codec: 'aac', role: role === 'config' ? 'config' : 'key', payload });
    const tag = Buffer.alloc(tagSize(body.length));
    writeTag(tag, 0, packet.kind, dts / 1000, body);
    return tag;
  });
  return Buffer.concat([flvHeader({ audio: true, video: true }), ...parts]);
}
