import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { audioBody, videoBody } from '../../gateway/protocols/flv/tag-body.ts';
import { flvHeader, tagSize, writeTag } from '../../gateway/protocols/flv/tag-writer.ts';
import { parseAudioTag } from '../../shared/flv/audio-tag.ts';
import { FlvDemuxer } from '../../shared/flv/demuxer.ts';
import type { FlvTag } from '../../shared/flv/demuxer.ts';
import { FlvError } from '../../shared/flv/flv-error.ts';
import { parseVideoTag } from '../../shared/flv/video-tag.ts';
import { hex } from '../helpers/hex.ts';
import { mutated } from '../helpers/mutated.ts';

const settings = { seed: 20260102, numRuns: 3000 };

/** Bodies of every shape that the parsers know; changed bytes lead into all of their branches. */
const VIDEO_BODIES = [
  '17 00 000000 0164000c',
  '27 01 000028 00000001 41',
  '1c 01 000028 00000001 26',
  '22 0102',
  '57 00',
  '90 68766331 0102',
  'a1 68766331 000028 00000001 02',
  '95 61763031 80 04 81000c00',
  'a7 02 0927c0 01 68766331 000028 0102',
  '97 ff 0004 0000000000 17 02 0927c0 01 76703039 82',
  'a6 01 68766331 05 000028 0102',
  '96 13 61766331 00 000002 aabb 01 000001 cc',
  '97 02 0927c0 06 20 68766331 00 000001 01 76703039 01 000000 61763031 02 000002 8100',
].map(hex);

const AUDIO_BODIES = [
  'af 00 1210',
  'af 01 210010',
  '2f fffb90',
  'b6 00',
  '90 4f707573 4f70757348656164 01',
  '91 4f707573 fc',
  '97 02 0f4240 01 4f707573 fc',
  '95 01 6d703461 07 2100',
  '97 02 0f4240 05 21 6d703461 00 000001 aa 4f707573 01 000002 bbcc',
].map(hex);

/** Runs `parse`; a refusal with the room's own error is fine, anything else comes through. */
function attempt<Result>(parse: () => Result): Result | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof FlvError) return undefined;
    throw error;
  }
}

function isPartOf(payload: Uint8Array, body: Uint8Array): boolean {
  return (
    payload.buffer === body.buffer &&
    payload.byteOffset >= body.byteOffset &&
    payload.byteOffset + payload.length <= body.byteOffset + body.length
  );
}

suite('bodies', () => {
  test('video: whatever comes is parsed to parts of itself or refused', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), mutated(VIDEO_BODIES)), (body) => {
        for (const tag of attempt(() => parseVideoTag(body)) ?? []) {
          assert.ok(isPartOf(tag.payload, body));
          assert.ok(tag.track >= 0 && tag.track <= 255);
          if (tag.kind === 'command') continue;
          assert.ok(Number.isInteger(tag.compositionTime));
          assert.ok(Math.abs(tag.compositionTime) <= 8_388_608_000 + 16_778);
          assert.ok(tag.kind === 'end' || tag.kind === 'metadata' || tag.payload.length > 0);
        }
      }),
      settings,
    );
  });

  test('audio: whatever comes is parsed to parts of itself or refused', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), mutated(AUDIO_BODIES)), (body) => {
        for (const tag of attempt(() => parseAudioTag(body)) ?? []) {
          assert.ok(isPartOf(tag.payload, body));
          assert.ok(Number.isInteger(tag.timeOffset) && tag.timeOffset >= 0);
          assert.ok(tag.kind === 'end' || tag.kind === 'channels' || tag.payload.length > 0);
        }
      }),
      settings,
    );
  });

  test('video: what is built is parsed back', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('h264', 'hevc', 'av1', 'vp9', 'vp8'),
        fc.constantFrom('config', 'key', 'delta'),
        fc.integer({ min: -8_388_608, max: 8_388_607 }),
        fc.integer({ min: 0, max: 255 }),
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
        (codec, role, ms, track, payload) => {
          const body = videoBody({ codec, role, compositionTime: ms * 1000, payload, track });
          const [tag, ...more] = parseVideoTag(body);
          assert.ok(tag && tag.kind !== 'command' && more.length === 0);
          const timed = role !== 'config' && (codec === 'h264' || codec === 'hevc');
          assert.deepEqual(
            [tag.codec, tag.kind === 'config', tag.key, tag.track, tag.compositionTime],
            [codec, role === 'config', role !== 'delta', track, timed ? ms * 1000 : 0],
          );
          assert.deepEqual(new Uint8Array(tag.payload), payload);
        },
      ),
      { ...settings, numRuns: 500 },
    );
  });

  test('audio: what is built is parsed back', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('aac', 'mp3', 'opus', 'ac3', 'eac3', 'flac'),
        fc.integer({ min: 0, max: 255 }),
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
        (codec, track, payload) => {
          const [tag, ...more] = parseAudioTag(audioBody({ codec, role: 'key', payload, track }));
          assert.ok(tag && more.length === 0);
          assert.deepEqual([tag.codec, tag.kind, tag.track], [codec, 'frame', track]);
          assert.deepEqual(new Uint8Array(tag.payload), payload);
        },
      ),
      { ...settings, numRuns: 500 },
    );
  });
});

suite('streams', () => {
  const tag = fc.record(
    {
      type: fc.constantFrom('audio', 'video', 'data'),
      timestamp: fc.integer({ min: 0, max: 0xffffffff }),
      body: fc.uint8Array({ maxLength: 80 }),
    },
    { noNullPrototype: true },
  );

  function write(tags: readonly FlvTag[]): Uint8Array {
    const header = flvHeader({ audio: true, video: true });
    const size = tags.reduce((sum, { body }) => sum + tagSize(body.length), header.length);
    const target = Buffer.alloc(size);
    let offset = header.copy(target);
    for (const { type, timestamp, body } of tags) {
      offset = writeTag(target, offset, type, timestamp, body);
    }
    assert.equal(offset, size);
    return new Uint8Array(target);
  }

  /** Pushes `stream` in pieces of the given sizes, over and over. */
  function demux(stream: Uint8Array, sizes: readonly number[]): FlvTag[] {
    const demuxer = new FlvDemuxer({ maxBodySize: 100_000 });
    const tags: FlvTag[] = [];
    for (let at = 0, i = 0; at < stream.length; i++) {
      const size = sizes[i % sizes.length] ?? 1;
      tags.push(...demuxer.push(stream.slice(at, at + size)));
      at += size;
    }
    return tags;
  }

  const sizes = fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 8 });

  test('what is written is read back, whatever pieces it comes in', () => {
    fc.assert(
      fc.property(fc.array(tag, { maxLength: 6 }), sizes, (tags, pieces) => {
        assert.deepEqual(demux(write(tags), pieces), tags);
      }),
      { ...settings, numRuns: 500 },
    );
  });

  test('a damaged stream is refused or read, alike in one piece and in many', () => {
    const stream = write([
      { type: 'data', timestamp: 0, body: new Uint8Array(20) },
      { type: 'video', timestamp: 40, body: new Uint8Array(50) },
      { type: 'audio', timestamp: 46, body: new Uint8Array(5) },
    ]);
    fc.assert(
      fc.property(
        fc.oneof(fc.uint8Array({ maxLength: 60 }), mutated([stream])),
        sizes,
        (bytes, pieces) => {
          const whole = attempt(() => demux(bytes, [bytes.length + 1]));
          assert.deepEqual(
            attempt(() => demux(bytes, pieces)),
            whole,
          );
        },
      ),
      settings,
    );
  });
});
