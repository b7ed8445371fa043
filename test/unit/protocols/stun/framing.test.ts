import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameReader, MAX_FRAME_BYTES } from '../../../../gateway/protocols/stun/framing.ts';
import { frameHeader } from '../../../helpers/stun.ts';

const framed = (frames: readonly Buffer[]): Buffer =>
  Buffer.concat(frames.flatMap((frame) => [frameHeader(frame.length), frame]));

test('datagrams come out whole, however the stream is cut', () => {
  const frames = [Buffer.from('a'), Buffer.alloc(300, 2), Buffer.from('last')];
  const stream = framed(frames);
  for (let size = 1; size <= stream.length; size += 7) {
    const got: Buffer[] = [];
    const reader = new FrameReader((frame) => got.push(Buffer.from(frame)));
    for (let at = 0; at < stream.length; at += size) {
      assert.equal(reader.push(stream.subarray(at, at + size)), true);
    }
    assert.deepEqual(got, frames);
  }
});

test('an empty or oversized frame ends the stream for good', () => {
  for (const header of [frameHeader(0), frameHeader(MAX_FRAME_BYTES + 1)]) {
    const got: Buffer[] = [];
    const reader = new FrameReader((frame) => got.push(Buffer.from(frame)));
    assert.equal(reader.push(Buffer.concat([framed([Buffer.from('ok')]), header])), false);
    assert.equal(reader.push(framed([Buffer.from('late')])), false);
    assert.deepEqual(got, [Buffer.from('ok')]);
  }
});
