import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { mux } from '../../../../gateway/live/muxer.ts';
import { Stream } from '../../../../gateway/live/stream.ts';
import {
  chunkedEnvelope,
  createFlvMuxer,
  webSocketEnvelope,
} from '../../../../gateway/servers/flv/flv-muxer.ts';
import { FlvDemuxer, type FlvTag } from '../../../../shared/flv/demuxer.ts';
import type { Packet } from '../../../../shared/media.ts';
import { audio, data, video } from '../../live/packets.ts';

function head(...packets: Packet[]): Uint8Array {
  const stream = new Stream('lesson', () => ({ frames: 9, bytes: 9999, duration: 9e9 }));
  stream.begin(0);
  for (const packet of packets) stream.push(packet);
  return createFlvMuxer().head!(stream);
}

suite('FLV muxer', () => {
  test('the header announces the tracks that there are', () => {
    assert.equal(head(video(0, 'config'), audio(0, 'config'))[4], 5);
    assert.equal(head(video(0, 'key'))[4], 1);
    assert.equal(head(audio(0))[4], 4);
  });

  test('writes tags that a demuxer reads back', () => {
    const packets = [data(0), video(0, 'key', 1, 70_000), audio(20, 'key', 2)];
    const bytes = mux(createFlvMuxer(), packets, head(video(0, 'key'), audio(0)))!;
    const tags: FlvTag[] = [];
    new FlvDemuxer().push(bytes).forEach((tag) => tags.push(tag));
    assert.deepEqual(
      tags.map(({ type, timestamp, body }) => [type, timestamp, body.length]),
      [
        ['data', 0, 3],
        ['video', 0, 70_000],
        ['audio', 20, 4],
      ],
    );
  });

  test('a chunk of HTTP has its length in front and a line end behind', () => {
    const bytes = mux(createFlvMuxer(chunkedEnvelope), [audio(0)])!;
    assert.equal(bytes.toString('latin1', 0, 4), '13\r\n');
    assert.equal(bytes.length, 4 + 0x13 + 2);
    assert.equal(bytes.toString('latin1', bytes.length - 2), '\r\n');
    assert.equal(bytes[4], 8, 'an audio tag');
  });

  for (const [size, header] of [
    [100, [0x82, 115]],
    [1000, [0x82, 126, 0x03, 0xf7]],
    [70_000, [0x82, 127, 0, 0, 0, 0, 0, 1, 0x11, 0x7f]],
  ] as const) {
    test(`a WebSocket frame around a tag of ${size} bytes`, () => {
      const bytes = mux(createFlvMuxer(webSocketEnvelope), [audio(0, 'key', 0, size)])!;
      assert.deepEqual([...bytes.subarray(0, header.length)], header);
      assert.equal(bytes.length, header.length + size + 15);
      assert.equal(bytes[header.length], 8);
    });
  }
});
