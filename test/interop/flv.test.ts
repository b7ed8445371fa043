import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { audioBody, videoBody } from '../../gateway/protocols/flv/tag-body.ts';
import { flvHeader, tagSize, writeTag } from '../../gateway/protocols/flv/tag-writer.ts';
import { AVC_NAL_IDR, avcNalType } from '../../shared/codecs/avc.ts';
import { forEachNalUnit } from '../../shared/codecs/nal-units.ts';
import { describeConfig } from '../../shared/codecs/track-info.ts';
import { parseAudioTag } from '../../shared/flv/audio-tag.ts';
import { FlvDemuxer } from '../../shared/flv/demuxer.ts';
import type { FlvTag } from '../../shared/flv/demuxer.ts';
import { parseVideoTag } from '../../shared/flv/video-tag.ts';
import { makeSample } from '../helpers/ffmpeg.ts';
import { probePackets, type ProbedPacket } from '../helpers/ffprobe.ts';
import { tempDir } from '../helpers/temp-dir.ts';

const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');

/** The frames of a stream as ffprobe would list them. */
function packetsOf(tags: readonly FlvTag[]): ProbedPacket[] {
  const packets: ProbedPacket[] = [];
  for (const { type, timestamp, body } of tags) {
    const parsed =
      type === 'video' ? parseVideoTag(body) : type === 'audio' ? parseAudioTag(body) : [];
    for (const tag of parsed) {
      if (tag.kind !== 'frame') continue;
      packets.push({
        kind: type === 'video' ? 'video' : 'audio',
        dts: timestamp,
        pts: timestamp + ('compositionTime' in tag ? tag.compositionTime / 1000 : 0),
        key: 'key' in tag ? tag.key : true,
        size: tag.payload.length,
        hash: md5(tag.payload),
      });
    }
  }
  return packets;
}

/** The same tags with bodies built anew from what was parsed. */
function rebuilt(tag: FlvTag): FlvTag {
  const { type, timestamp } = tag;
  if (type === 'video') {
    const [parsed] = parseVideoTag(tag.body);
    if (parsed?.kind !== 'config' && parsed?.kind !== 'frame') return tag;
    const { codec, compositionTime, payload, key } = parsed;
    const role = parsed.kind === 'config' ? 'config' : key ? 'key' : 'delta';
    return { type, timestamp, body: videoBody({ codec, role, compositionTime, payload }) };
  }
  if (type === 'audio') {
    const [parsed] = parseAudioTag(tag.body);
    if (parsed?.kind !== 'config' && parsed?.kind !== 'frame') return tag;
    const { codec, payload, sampleRate, channels } = parsed;
    const role = parsed.kind === 'config' ? 'config' : 'key';
    return { type, timestamp, body: audioBody({ codec, role, payload, sampleRate, channels }) };
  }
  return tag;
}

function writeStream(tags: readonly FlvTag[]): Buffer {
  const header = flvHeader({ audio: true, video: true });
  const size = tags.reduce((sum, { body }) => sum + tagSize(body.length), header.length);
  const stream = Buffer.alloc(size);
  let offset = header.copy(stream);
  for (const { type, timestamp, body } of tags) {
    offset = writeTag(stream, offset, type, timestamp, body);
  }
  return stream;
}

for (const { video, audio } of [
  { video: 'bframes', audio: 'aac' },
  { video: 'h264', audio: 'mp3' },
] as const) {
  test(`FLV of ffmpeg is read, and what we write is read by ffmpeg: ${video}, ${audio}`, async (t) => {
    const dir = await tempDir(t);
    const file = await makeSample(t, dir, { seconds: 2, video, audio });
    const tags = new FlvDemuxer().push(await readFile(file));
    const expected = await probePackets(t, file);

    const packets = packetsOf(tags);
    assert.ok(packets.length > 100, `${packets.length} packets`);
    assert.deepEqual(packets, expected);

    const copy = join(dir, 'copy.flv');
    await writeFile(copy, writeStream(tags.map(rebuilt)));
    assert.deepEqual(await probePackets(t, copy), expected);

    const video0 = tags.find(({ type }) => type === 'video');
    assert.ok(video0);
    const [config] = parseVideoTag(video0.body);
    assert.ok(config?.kind === 'config');
    const info = describeConfig(config.codec, config.payload);
    assert.deepEqual([info.width, info.height, info.frameRate], [320, 180, 25]);
    assert.equal(info.mayReorder, video === 'bframes');

    // Key flags agree with what lies in the access units; B-frames show late.
    const units = tags.flatMap(({ type, body }) => (type === 'video' ? parseVideoTag(body) : []));
    const frames = units.flatMap((tag) => (tag.kind === 'frame' ? [tag] : []));
    for (const { key, payload } of frames) {
      let idr = false;
      forEachNalUnit(payload, 4, (start) => (idr ||= avcNalType(payload[start]!) === AVC_NAL_IDR));
      assert.equal(idr, key);
    }
    assert.equal(
      frames.some(({ compositionTime }) => compositionTime > 0),
      video === 'bframes',
    );
  });
}
