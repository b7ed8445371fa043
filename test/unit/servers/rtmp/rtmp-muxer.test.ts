import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { mux } from '../../../../gateway/live/muxer.ts';
import { ChunkReader } from '../../../../gateway/protocols/rtmp/chunk-reader.ts';
import { setChunkSize } from '../../../../gateway/protocols/rtmp/control.ts';
import { ChunkWriter } from '../../../../gateway/protocols/rtmp/chunk-writer.ts';
import type { RtmpMessage } from '../../../../gateway/protocols/rtmp/message.ts';
import { CHUNK_SIZE, rtmpFormat } from '../../../../gateway/servers/rtmp/rtmp-muxer.ts';
import { audio, data, video } from '../../live/packets.ts';

const both = { audio: true, video: true };

/** What a player reads out of the muxed bytes. */
function read(bytes: Buffer): RtmpMessage[] {
  const reader = new ChunkReader();
  const messages: RtmpMessage[] = [];
  reader.push(new ChunkWriter().write(setChunkSize(CHUNK_SIZE)), () => {});
  reader.push(bytes, (message) => messages.push({ ...message }));
  return messages;
}

suite('RTMP muxer', () => {
  test('writes messages that a chunk reader reads back, large and small', () => {
    const packets = [
      data(0),
      video(0, 'key', 1, 150_000),
      audio(7, 'key', 2),
      video(40, 'delta', 3),
    ];
    const messages = read(mux(rtmpFormat(3, both).create(), packets)!);
    assert.deepEqual(
      messages.map(({ type, streamId, timestamp, payload }) => [
        type,
        streamId,
        timestamp,
        payload.length,
      ]),
      [
        [18, 3, 0, 3],
        [9, 3, 0, 150_000],
        [8, 3, 7, 4],
        [9, 3, 40, 10],
      ],
    );
    assert.ok(messages[1]!.payload.every((byte) => byte === 1));
  });

  test('time goes on in 32 bits after 49.7 days', () => {
    const ms = 2 ** 32 + 5;
    const [message] = read(mux(rtmpFormat(1, both).create(), [audio(ms)])!);
    assert.equal(message!.timestamp, 5);
    const [late] = read(mux(rtmpFormat(1, both).create(), [audio(2 ** 32 - 5)])!);
    assert.equal(late!.timestamp, 2 ** 32 - 5);
  });

  test('leaves out what a player does not want; such players have a muxer of their own', () => {
    const packets = [video(0, 'key'), audio(5), data(5)];
    const types = (wanted: { audio: boolean; video: boolean }): number[] =>
      read(mux(rtmpFormat(1, wanted).create(), packets)!).map(({ type }) => type);
    assert.deepEqual(types({ audio: false, video: true }), [9, 18]);
    assert.deepEqual(types({ audio: true, video: false }), [8, 18]);
    const keys = [both, { audio: false, video: true }, { audio: true, video: false }].map(
      (wanted) => rtmpFormat(1, wanted).key,
    );
    assert.equal(new Set([...keys, rtmpFormat(2, both).key]).size, 4);
  });

  test('the further tracks of a message are not sent again', () => {
    const muxer = rtmpFormat(1, both).create();
    assert.equal(muxer.size({ ...video(0), body: new Uint8Array(0) }), 0);
  });
});
