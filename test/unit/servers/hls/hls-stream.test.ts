import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MediaPacket } from '../../../../shared/media.ts';
import { Stream } from '../../../../gateway/live/stream.ts';
import {
  HlsStream,
  type HlsSettings,
  type HlsStreamOptions,
} from '../../../../gateway/servers/hls/hls-stream.ts';
import {
  AAC_CONFIG,
  AVC_OTHER_CONFIG,
  OPUS_CONFIG,
  aac,
  aacConfig,
  avc,
  avcConfig,
  camera,
  microphone,
} from '../../../helpers/crafted-media.ts';
import { readFragments } from '../../../helpers/mp4-boxes.ts';
import { demuxTs } from '../../../helpers/ts-demux.ts';

const SETTINGS: HlsSettings = { fragment: 2, playlistLength: 4, maxBytes: 1e8 };
const GOP = { frames: 10_000, bytes: 1e9, duration: 1e9 };
const NOW = Date.UTC(2026, 10, 21, 8, 0, 0);

function publish(packets: readonly MediaPacket[] = []): Stream {
  const stream = new Stream('lesson', () => GOP);
  stream.begin(NOW);
  for (const packet of packets) stream.push(packet);
  return stream;
}

function open(stream: Stream, changes: Partial<HlsStreamOptions> = {}): HlsStream {
  return new HlsStream(stream, {
    settings: () => SETTINGS,
    run: 'run',
    mediaSequence: 100,
    now: () => NOW,
    ...changes,
  });
}

const send = (stream: Stream, packets: readonly MediaPacket[]): void => {
  for (const packet of packets) stream.push(packet);
};

const CONFIGS = [avcConfig(), aacConfig()];

/** Lines of the playlist that name or part segments. */
const lines = (hls: HlsStream): string[] =>
  (hls.playlist ?? '').split('\n').filter((line) => /^[^#]|DISCONTINUITY$|MAP|ENDLIST/.test(line));

const fileNames = (hls: HlsStream): string[] => lines(hls).filter((line) => !line.startsWith('#'));

/** All listed segments as one transport stream. */
const media = (hls: HlsStream) =>
  demuxTs(Buffer.concat(fileNames(hls).map((name) => hls.file(name)!.data)));

describe('a stream with picture and sound', () => {
  test('becomes segments that have every frame from the first key frame on', () => {
    const stream = publish(CONFIGS);
    const hls = open(stream, { settings: () => ({ ...SETTINGS, playlistLength: 60 }) });
    const packets = camera({ seconds: 9 });
    send(stream, packets);
    stream.end();
    assert.deepEqual(lines(hls), [
      ...['run-100.ts', 'run-101.ts', 'run-102.ts', 'run-103.ts', 'run-104.ts'],
      '#EXT-X-ENDLIST',
    ]);
    const { pes } = media(hls);
    const pictures = pes.filter(({ pid }) => pid === 0x100);
    assert.deepEqual(
      pictures.map(({ data }) => data.at(-1)),
      packets.flatMap(({ kind, payload }) => (kind === 'video' ? payload.at(-1) : [])),
    );
    const sounds = Buffer.concat(pes.flatMap(({ pid, data }) => (pid === 0x101 ? data : [])));
    assert.equal(sounds.length, packets.filter(({ kind }) => kind === 'audio').length * (7 + 4));
  });

  test('lists the first segment as soon as it is complete', () => {
    const stream = publish(CONFIGS);
    const hls = open(stream);
    send(stream, camera({ seconds: 2 }));
    assert.equal(hls.playlist, undefined);
    stream.push(avc(2000, 'key'));
    assert.deepEqual(lines(hls), ['run-100.ts']);
  });

  test('begins with the packets that the stream keeps', () => {
    const stream = publish([...CONFIGS, ...camera({ seconds: 1.5, gop: 5000 })]);
    const hls = open(stream);
    send(stream, camera({ from: 1500, seconds: 3, gop: 500 }));
    assert.equal(media(hls).pes[0]!.dts, 90_000); // stream time 0
  });

  test('tells the wall clock of its segments', () => {
    const stream = publish(CONFIGS);
    const hls = open(stream);
    send(stream, [...camera({ seconds: 2 }), avc(2000, 'key')]);
    // The key frame that ends the segment has just come.
    assert.match(hls.playlist!, /PROGRAM-DATE-TIME:2026-11-21T07:59:58\.000Z/);
  });

  test('is told of in full for a multivariant playlist', () => {
    const stream = publish(CONFIGS);
    const hls = open(stream);
    send(stream, [...camera({ seconds: 2 }), avc(2000, 'key')]);
    const { data } = hls.file('run-100.ts')!;
    assert.deepEqual(hls.variant('uri'), {
      uri: 'uri',
      bandwidth: data.length * 4,
      averageBandwidth: data.length * 4,
      codecs: ['avc1.64000c', 'mp4a.40.2'],
      resolution: { width: 320, height: 180 },
      frameRate: 25,
    });
  });
});

describe('a stream of one kind', () => {
  test('picture only', () => {
    const stream = publish([avcConfig()]);
    const hls = open(stream);
    send(stream, camera({ seconds: 5, sound: false }));
    assert.deepEqual(fileNames(hls), ['run-100.ts', 'run-101.ts']);
    assert.deepEqual(
      media(hls).streams.map(({ type }) => type),
      [0x1b],
    );
    assert.deepEqual(hls.variant('').codecs, ['avc1.64000c']);
  });

  test('sound only', () => {
    const stream = publish([aacConfig()]);
    const hls = open(stream);
    send(stream, microphone({ seconds: 5 }));
    assert.deepEqual(fileNames(hls), ['run-100.ts', 'run-101.ts']);
    assert.equal(hls.variant('').resolution, undefined);
    assert.equal(media(hls).pes[0]!.dts, 90_000);
  });
});

describe('what MPEG-TS does not carry', () => {
  const opus = (packets: readonly MediaPacket[]): MediaPacket[] =>
    packets.map((each) =>
      each.kind === 'audio' ? { ...each, codec: 'opus', payload: Uint8Array.of(0xfc, 1) } : each,
    );
  const opusConfig = { ...aacConfig(0, OPUS_CONFIG), codec: 'opus' } as const;

  test('becomes MP4 with an initialization segment', () => {
    const stream = publish([avcConfig(), opusConfig]);
    const hls = open(stream);
    send(stream, opus(camera({ seconds: 5 })));
    assert.deepEqual(lines(hls), [
      '#EXT-X-MAP:URI="run-100-init.mp4"',
      'run-100.m4s',
      'run-101.m4s',
    ]);
    assert.equal(hls.file('run-100-init.mp4')!.type, 'video/mp4');
    assert.equal(hls.file('run-100.m4s')!.type, 'video/mp4');
    const samples = readFragments(hls.file('run-100.m4s')!.data);
    assert.equal(samples.filter(({ track }) => track === 1).length, 50);
  });

  test('stays MP4 when the stream changes back', () => {
    const stream = publish([avcConfig(), opusConfig]);
    const hls = open(stream);
    send(stream, opus(camera({ seconds: 3 })));
    stream.begin(NOW);
    send(stream, [avcConfig(), aacConfig(), ...camera({ from: 3100, seconds: 3 })]);
    assert.deepEqual(lines(hls), [
      '#EXT-X-MAP:URI="run-100-init.mp4"',
      'run-100.m4s',
      'run-101.m4s',
      '#EXT-X-DISCONTINUITY',
      '#EXT-X-MAP:URI="run-102-init.mp4"',
      'run-102.m4s',
    ]);
  });

  test('initialization segments go with the last segment that needs them', () => {
    const stream = publish([avcConfig(), opusConfig]);
    const hls = open(stream);
    send(stream, opus(camera({ seconds: 3 })));
    stream.begin(NOW);
    send(stream, [avcConfig(), opusConfig, ...opus(camera({ from: 3100, seconds: 40 }))]);
    assert.equal(hls.file('run-100-init.mp4'), undefined);
    assert.ok(hls.file('run-102-init.mp4'));
  });
});

describe('a discontinuity', () => {
  const tagged = (hls: HlsStream): string[] =>
    lines(hls).filter((_, index, all) => all[index - 1] === '#EXT-X-DISCONTINUITY');

  test('parts two publishers; what the first one sent is all there', () => {
    const stream = publish(CONFIGS);
    const hls = open(stream);
    send(stream, camera({ seconds: 2.4 }));
    stream.interrupt();
    assert.deepEqual(fileNames(hls), ['run-100.ts', 'run-101.ts']);
    stream.begin(NOW);
    send(stream, [...CONFIGS, ...camera({ from: 2440, seconds: 2.2 })]);
    assert.deepEqual(tagged(hls), ['run-102.ts']);
    const { pes } = media(hls);
    assert.equal(pes.filter(({ pid }) => pid === 0x100).length, 60 + 50);
  });

  test('parts what comes before and after a mended clock', () => {
    const stream = publish(CONFIGS);
    const hls = open(stream);
    send(stream, camera({ seconds: 2.4 }));
    hls.discontinuity();
    send(stream, camera({ from: 2440, seconds: 2.2 }));
    assert.deepEqual(tagged(hls), ['run-102.ts']);
  });

  test('parts two picture formats', () => {
    const stream = publish(CONFIGS);
    const hls = open(stream);
    send(stream, camera({ seconds: 2.4 }));
    send(stream, [avcConfig(2400, AVC_OTHER_CONFIG), ...camera({ from: 2400, seconds: 3 })]);
    assert.deepEqual(tagged(hls), ['run-102.ts']);
    assert.deepEqual(hls.variant('').codecs, ['avc1.4d000c', 'mp4a.40.2']);
  });

  test('comes before sound that is late by more than a part', () => {
    const stream = publish([avcConfig()]);
    const hls = open(stream);
    send(stream, camera({ seconds: 2.4, sound: false }));
    send(stream, [aacConfig(2400), ...camera({ from: 3000, seconds: 4 })]);
    assert.deepEqual(tagged(hls), ['run-102.ts']);
    const late = demuxTs(hls.file('run-102.ts')!.data);
    assert.deepEqual(
      late.streams.map(({ type }) => type),
      [0x1b, 0x0f],
    );
  });

  test('is not needed for sound that is late by less', () => {
    const stream = publish([avcConfig()]);
    const hls = open(stream);
    stream.push(avc(0, 'key'));
    send(stream, [aacConfig(20, AAC_CONFIG), aac(20), ...camera({ from: 40, seconds: 3 })]);
    assert.deepEqual(tagged(hls), []);
    assert.equal(media(hls).streams.length, 2);
  });
});

describe('the end', () => {
  test('shows what there was, once', () => {
    const stream = publish(CONFIGS);
    const hls = open(stream);
    send(stream, camera({ seconds: 2.4 }));
    stream.end();
    hls.close();
    assert.deepEqual(lines(hls), ['run-100.ts', 'run-101.ts', '#EXT-X-ENDLIST']);
    assert.equal(hls.ended, true);
    send(stream, camera({ from: 2400, seconds: 5 }));
    assert.equal(fileNames(hls).length, 2);
  });

  test('of a stream that had nothing leaves no playlist', async () => {
    const stream = publish();
    const hls = open(stream);
    const waiting = hls.waitForPlaylist(60_000);
    stream.end();
    assert.equal(await waiting, false);
    assert.equal(hls.playlist, undefined);
  });
});

describe('who asks early', () => {
  test('waits for the first segment', async () => {
    const stream = publish(CONFIGS);
    const hls = open(stream);
    const waiting = [hls.waitForPlaylist(60_000), hls.waitForPlaylist(60_000)];
    send(stream, [...camera({ seconds: 2 }), avc(2000, 'key')]);
    assert.deepEqual(await Promise.all(waiting), [true, true]);
    assert.equal(await hls.waitForPlaylist(60_000), true);
  });

  test('does not wait longer than it said', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const hls = open(publish(CONFIGS));
    const waiting = hls.waitForPlaylist(3000);
    t.mock.timers.tick(3000);
    assert.equal(await waiting, false);
  });
});

describe('a later run', () => {
  test('has other names, goes on with the numbers, and says that it is another', () => {
    const stream = publish(CONFIGS);
    const first = open(stream);
    send(stream, camera({ seconds: 5 }));
    stream.end();
    stream.begin(NOW);
    send(stream, CONFIGS);
    const second = open(stream, { run: 'next', mediaSequence: 50, after: first });
    send(stream, camera({ from: 6000, seconds: 3 }));
    assert.deepEqual(lines(second), ['#EXT-X-DISCONTINUITY', 'next-103.ts']);
    assert.match(second.playlist!, /MEDIA-SEQUENCE:103\n/);
    assert.equal(second.file('run-100.ts'), undefined);
  });
});

test('memory is bounded however long the stream is', () => {
  const stream = publish(CONFIGS);
  const hls = open(stream, { settings: () => ({ ...SETTINGS, maxBytes: 200_000 }) });
  for (let from = 0; from < 120_000; from += 10_000) send(stream, camera({ from, seconds: 10 }));
  assert.ok(hls.bytes <= 200_000);
  assert.ok(fileNames(hls).length >= 3);
});

test('an access unit that is malformed costs itself only', () => {
  const stream = publish(CONFIGS);
  const hls = open(stream);
  const packets = camera({ seconds: 2.4, sound: false });
  packets[5] = { ...packets[5]!, payload: Buffer.from('ffff', 'hex') };
  send(stream, packets);
  stream.end();
  assert.equal(media(hls).pes.length, packets.length - 1);
});
