import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageType, type RtmpMessage } from '../../../../gateway/protocols/rtmp/message.ts';
import { EarlyMedia } from '../../../../gateway/servers/rtmp/early-media.ts';

const video = (payload: Buffer): RtmpMessage => ({
  type: MessageType.video,
  streamId: 1,
  timestamp: 0,
  chunkStreamId: 6,
  payload,
});

test('what came is handed over once, in order, whatever becomes of the reads that it came in', () => {
  const early = new EarlyMedia();
  const read = Buffer.from([1, 2, 3]);
  early.push(video(read.subarray(0, 1)));
  early.push(video(read.subarray(1)));
  read.fill(0);
  assert.deepEqual(
    early.take().map(({ payload }) => [...payload]),
    [[1], [2, 3]],
  );
  assert.deepEqual(early.take(), []);
});

test('more than an encoder sends before it may is refused, empty messages included', () => {
  const large = new EarlyMedia();
  const push = (early: EarlyMedia, bytes: number) => early.push(video(Buffer.alloc(bytes)));
  for (let count = 0; count < 3; count++) push(large, 1_048_576);
  assert.throws(() => push(large, 1_048_576), { code: 'RTMP_ASSEMBLY_TOO_LARGE' });
  const empty = new EarlyMedia();
  for (let count = 0; count < 16_384; count++) push(empty, 0);
  assert.throws(() => push(empty, 0), { code: 'RTMP_ASSEMBLY_TOO_LARGE' });
  empty.clear();
  push(empty, 0);
});
