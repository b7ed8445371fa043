import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  flvHeader,
  tagSize,
  writeTag,
  writeTagHeader,
} from '../../../../gateway/protocols/flv/tag-writer.ts';
import { FlvDemuxer } from '../../../../shared/flv/demuxer.ts';
import type { FlvTagType } from '../../../../shared/flv/demuxer.ts';
import { hex } from '../../../helpers/hex.ts';

test('the header with its first PreviousTagSize', () => {
  const bytes = (has: { audio: boolean; video: boolean }) => new Uint8Array(flvHeader(has));
  assert.deepEqual(bytes({ audio: true, video: true }), hex('464c5601 05 00000009 00000000'));
  assert.deepEqual(bytes({ audio: true, video: false }), hex('464c5601 04 00000009 00000000'));
  assert.deepEqual(bytes({ audio: false, video: true }), hex('464c5601 01 00000009 00000000'));
});

test('a tag into the middle of a buffer', () => {
  const target = Buffer.alloc(20, 0xee);
  assert.equal(tagSize(2), 17);
  assert.equal(writeTag(target, 1, 'video', 0x01020304, hex('1700')), 18);
  assert.deepEqual(new Uint8Array(target), hex('ee 09 000002 020304 01 000000 1700 0000000d eeee'));
});

test('timestamps wrap at 32 bits', () => {
  const target = Buffer.alloc(11);
  writeTagHeader(target, 0, 'audio', 2 ** 32 + 5, 0);
  assert.deepEqual(new Uint8Array(target.subarray(4, 8)), hex('00000500'));
  writeTagHeader(target, 0, 'audio', 0xfffffffe, 0);
  assert.deepEqual(new Uint8Array(target.subarray(4, 8)), hex('fffffeff'));
});

test('a header alone names the body that goes after it', () => {
  const target = Buffer.alloc(11);
  assert.equal(writeTagHeader(target, 0, 'data', 1, 0xabcdef), 11);
  assert.deepEqual(new Uint8Array(target), hex('12 abcdef 000001 00 000000'));
});

test('what is written is read back by the demuxer', () => {
  const tags: { type: FlvTagType; timestamp: number; body: Uint8Array }[] = [
    { type: 'data', timestamp: 0, body: hex('02000a') },
    { type: 'audio', timestamp: 23, body: hex('') },
    { type: 'video', timestamp: 0x89abcdef, body: new Uint8Array(70000).fill(7) },
  ];
  const header = flvHeader({ audio: true, video: true });
  const size = tags.reduce((sum, tag) => sum + tagSize(tag.body.length), header.length);
  const target = Buffer.alloc(size);
  let offset = header.copy(target);
  for (const { type, timestamp, body } of tags) {
    offset = writeTag(target, offset, type, timestamp, body);
  }
  assert.equal(offset, size);
  const read = new FlvDemuxer().push(new Uint8Array(target));
  assert.deepEqual(read, tags);
});
