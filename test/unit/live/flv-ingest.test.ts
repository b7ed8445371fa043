import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { FlvIngest } from '../../../gateway/live/flv-ingest.ts';
import { Publication } from '../../../gateway/live/publication.ts';
import { Stream } from '../../../gateway/live/stream.ts';
import { FlvError } from '../../../shared/flv/flv-error.ts';
import type { MediaPacket, Packet } from '../../../shared/media.ts';

function setUp() {
  const stream = new Stream('lesson', () => ({
    frames: 100,
    bytes: 100_000,
    duration: 10_000_000,
  }));
  stream.begin(0);
  const packets: Packet[] = [];
  stream.subscribe({ packet: (packet) => packets.push(packet) });
  const publication = new Publication(
    stream,
    { replaced() {} },
    () => 0,
    () => {},
  );
  const unsupported: FlvError[] = [];
  const ingest = new FlvIngest(publication, (error) => unsupported.push(error));
  return { ingest, packets, unsupported };
}

const bytes = (hex: string): Uint8Array =>
  Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

suite('FLV ingest', () => {
  test('turns AVC tags into packets with their times, sharing memory', () => {
    const { ingest, packets } = setUp();
    const config = bytes('17 00 000000 0164001f');
    const frame = bytes('27 01 000050 00000001 09');
    ingest.video(0, config);
    ingest.video(0, bytes('17 01 000000 00000001 65'));
    ingest.video(40, frame);
    assert.deepEqual(
      packets.map((packet) => [packet.kind, (packet as MediaPacket).role, packet.dts, packet.pts]),
      [
        ['video', 'config', 0, 0],
        ['video', 'key', 0, 0],
        ['video', 'delta', 40_000, 120_000],
      ],
    );
    const last = packets[2] as MediaPacket;
    assert.equal(last.body, frame);
    assert.equal(last.payload.buffer, frame.buffer);
    assert.deepEqual([...last.payload], [0, 0, 0, 1, 9]);
  });

  test('turns AAC tags into packets', () => {
    const { ingest, packets } = setUp();
    ingest.audio(0, bytes('af 00 1210'));
    ingest.audio(23, bytes('af 01 2110'));
    assert.deepEqual(
      packets.map((packet) => [packet.kind, (packet as MediaPacket).role, packet.dts]),
      [
        ['audio', 'config', 0],
        ['audio', 'key', 23_000],
      ],
    );
  });

  test('passes on data messages and notes inside video messages', () => {
    const { ingest, packets } = setUp();
    ingest.data(0, 'onTextData', bytes('02 0001 61'));
    ingest.video(0, bytes('17 02 000000'));
    assert.deepEqual(
      packets.map((packet) => packet.kind === 'data' && [packet.carrier, packet.name]),
      [
        ['data', 'onTextData'],
        ['video', 'end'],
      ],
    );
  });

  test('a message of several tracks is sent on once, and each track read', () => {
    const { ingest, packets } = setUp();
    // Enhanced RTMP, multitrack (6), ManyTracks (1) of CodedFramesX (3), vp09, tracks 0 and 1.
    const body = bytes('96 13 76703039 00 000001 aa 01 000002 bbcc');
    ingest.video(0, body);
    const tracks = packets as MediaPacket[];
    assert.deepEqual(
      tracks.map(({ track, codec, payload }) => [track, codec, payload.length]),
      [
        [0, 'vp9', 1],
        [1, 'vp9', 2],
      ],
    );
    assert.equal(tracks[0]!.body, body);
    assert.equal(tracks[1]!.body.length, 0);
  });

  test('says once what it does not know, and goes on', () => {
    const { ingest, packets, unsupported } = setUp();
    ingest.audio(0, bytes('1f 00 00'));
    ingest.audio(20, bytes('1f 00 00'));
    assert.deepEqual(
      unsupported.map(({ code }) => code),
      ['FLV_UNSUPPORTED'],
    );
    assert.deepEqual(packets, []);
  });

  test('nothing comes of an empty message, an error of a broken one', () => {
    const { ingest, packets } = setUp();
    ingest.video(0, new Uint8Array(0));
    ingest.audio(0, new Uint8Array(0));
    assert.deepEqual(packets, []);
    assert.throws(() => ingest.video(0, bytes('17 01')), FlvError);
  });
});
