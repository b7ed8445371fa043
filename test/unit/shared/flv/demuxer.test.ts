import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlvDemuxer } from '../../../../shared/flv/demuxer.ts';
import type { FlvTag } from '../../../../shared/flv/demuxer.ts';
import { hex } from '../../../helpers/hex.ts';

const HEADER = '464c56 01 05 00000009 00000000';

/** A data tag at 0 ms, a video tag at 0x01020304 ms, an audio tag with no body. */
const STREAM = hex(`${HEADER}
  12 000003 000000 00 000000 020001 0000000e
  09 000002 020304 01 000000 1700 0000000d
  08 000000 000017 00 000000 0000000b`);

const TAGS: FlvTag[] = [
  { type: 'data', timestamp: 0, body: hex('020001') },
  { type: 'video', timestamp: 0x01020304, body: hex('1700') },
  { type: 'audio', timestamp: 23, body: hex('') },
];

test('a stream in one piece shares its memory', () => {
  const demuxer = new FlvDemuxer();
  const tags = demuxer.push(STREAM);
  assert.deepEqual(tags, TAGS);
  assert.equal(tags[1]?.body.buffer, STREAM.buffer);
  assert.deepEqual([demuxer.hasAudio, demuxer.hasVideo], [true, true]);
});

test('a stream in two pieces, cut anywhere', () => {
  for (let cut = 0; cut <= STREAM.length; cut++) {
    const demuxer = new FlvDemuxer();
    const tags = [...demuxer.push(STREAM.slice(0, cut)), ...demuxer.push(STREAM.slice(cut))];
    assert.deepEqual(tags, TAGS, `cut at ${cut}`);
  }
});

test('a stream byte by byte, with empty pushes between', () => {
  const demuxer = new FlvDemuxer();
  const tags: FlvTag[] = [];
  for (const byte of STREAM) {
    tags.push(...demuxer.push(Uint8Array.of(byte)), ...demuxer.push(new Uint8Array(0)));
  }
  assert.deepEqual(tags, TAGS);
});

test('a tag comes out as soon as its last byte is in, before the size that follows it', () => {
  const demuxer = new FlvDemuxer();
  demuxer.push(STREAM.subarray(0, 13));
  assert.deepEqual(demuxer.push(STREAM.subarray(13, 13 + 13)), []);
  assert.deepEqual(demuxer.push(STREAM.subarray(26, 27)), TAGS.slice(0, 1));
});

test('timestamps are unsigned', () => {
  const demuxer = new FlvDemuxer();
  const [tag] = demuxer.push(hex(`${HEADER} 09 000000 fffffe ff 000000 0000000b`));
  assert.equal(tag?.timestamp, 0xfffffffe);
});

test('a longer file header is passed over', () => {
  const demuxer = new FlvDemuxer();
  const tags = demuxer.push(
    hex('464c56 01 01 0000000b aabb 00000000 09 000001 000001 00 000000 27 0000000c'),
  );
  assert.deepEqual(tags, [{ type: 'video', timestamp: 1, body: hex('27') }]);
  assert.deepEqual([demuxer.hasAudio, demuxer.hasVideo], [false, true]);
});

test('what is no FLV is refused by its first nine bytes', () => {
  const error = (start: string) =>
    assert.throws(() => new FlvDemuxer().push(hex(start)), {
      name: 'FlvError',
      code: 'FLV_INVALID',
    });
  error('485454502f312e3120');
  error('464c56 02 05 00000009');
  error('464c56 01 05 00000008');
  error('464c56 01 05 00100000');
  assert.deepEqual(
    new FlvDemuxer().push(hex('485454502f312e31')),
    [],
    'eight bytes are not enough',
  );
});

test('unknown and encrypted tags are refused', () => {
  assert.throws(() => new FlvDemuxer().push(hex(`${HEADER} 0a 000000 000000 00 000000 0000000b`)), {
    code: 'FLV_INVALID',
    message: /type is 10/,
  });
  assert.throws(() => new FlvDemuxer().push(hex(`${HEADER} 29 000000 000000 00 000000 0000000b`)), {
    code: 'FLV_UNSUPPORTED',
  });
});

test('a declared size above the cap is refused before memory is taken', () => {
  const demuxer = new FlvDemuxer({ maxBodySize: 1000 });
  demuxer.push(hex(`${HEADER} 09 0003e8`));
  assert.throws(
    () => new FlvDemuxer({ maxBodySize: 1000 }).push(hex(`${HEADER} 09 0003e9 000000 00 000000`)),
    {
      code: 'FLV_TOO_LARGE',
      message: /1001 bytes; at most 1000/,
    },
  );
  assert.throws(() => new FlvDemuxer().push(hex(`${HEADER} 09 ffffff 000000 00 000000`)), {
    code: 'FLV_TOO_LARGE',
  });
});
