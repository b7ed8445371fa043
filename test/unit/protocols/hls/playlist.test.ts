import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  mediaPlaylist,
  multivariantPlaylist,
  targetDuration,
  type MediaPlaylist,
  type PlaylistSegment,
} from '../../../../gateway/protocols/hls/playlist.ts';

const segment = (uri: string, changes: Partial<PlaylistSegment> = {}): PlaylistSegment => ({
  uri,
  duration: 2_000_000,
  discontinuity: false,
  independent: true,
  ...changes,
});

const playlist = (segments: readonly PlaylistSegment[], changes: Partial<MediaPlaylist> = {}) =>
  mediaPlaylist({
    targetDuration: 2,
    mediaSequence: 17,
    discontinuitySequence: 0,
    segments,
    ended: false,
    ...changes,
  });

describe('a media playlist', () => {
  test('lists its segments', () => {
    const date = Date.UTC(2026, 10, 21, 8, 0, 0, 250);
    assert.equal(
      playlist([segment('a.ts', { date }), segment('b.ts', { date, duration: 1_960_040 })]),
      `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:17
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-PROGRAM-DATE-TIME:2026-11-21T08:00:00.250Z
#EXTINF:2.000000,
a.ts
#EXTINF:1.960040,
b.ts
`,
    );
  });

  test('says when it is complete', () => {
    assert.match(playlist([segment('a.ts')], { ended: true }), /a\.ts\n#EXT-X-ENDLIST\n$/);
  });

  test('names the initialization segment once, and again when it is another one', () => {
    const lines = playlist([
      segment('a.m4s', { map: 'one.mp4' }),
      segment('b.m4s', { map: 'one.mp4' }),
      segment('c.m4s', { map: 'two.mp4', discontinuity: true }),
    ]).split('\n');
    assert.deepEqual(
      lines.filter((line) => /MAP|DISCONTINUITY$|m4s/.test(line)),
      [
        '#EXT-X-MAP:URI="one.mp4"',
        'a.m4s',
        'b.m4s',
        '#EXT-X-DISCONTINUITY',
        '#EXT-X-MAP:URI="two.mp4"',
        'c.m4s',
      ],
    );
    assert.equal(lines[1], '#EXT-X-VERSION:6');
  });

  test('tells the time again after a discontinuity', () => {
    const text = playlist([
      segment('a.ts', { date: 0 }),
      segment('b.ts', { date: 1000 }),
      segment('c.ts', { date: 9000, discontinuity: true }),
    ]);
    assert.equal(text.match(/PROGRAM-DATE-TIME/g)?.length, 2);
    assert.match(text, /DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:09.000Z\n/);
  });

  test('does not promise what one segment does not keep', () => {
    const text = playlist([segment('a.ts'), segment('b.ts', { independent: false })]);
    assert.doesNotMatch(text, /INDEPENDENT/);
  });
});

test('the target duration is the nearest second, and one at least', () => {
  assert.deepEqual(
    [0, 400_000, 2_000_000, 2_040_000, 2_499_999, 2_500_000, 9_600_000].map(targetDuration),
    [1, 1, 2, 2, 2, 3, 10],
  );
});

describe('a multivariant playlist', () => {
  const variant = {
    uri: 'TOKEN/live.m3u8?user=u',
    bandwidth: 420_368.2,
    averageBandwidth: 391_473,
    codecs: ['avc1.64000c', 'mp4a.40.2'],
  };

  test('tells rate, codecs and size', () => {
    const resolution = { width: 320, height: 180 };
    assert.equal(
      multivariantPlaylist({ ...variant, resolution, frameRate: 25 }),
      `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-STREAM-INF:BANDWIDTH=420369,AVERAGE-BANDWIDTH=391473,CODECS="avc1.64000c,mp4a.40.2",RESOLUTION=320x180,FRAME-RATE=25.000
TOKEN/live.m3u8?user=u
`,
    );
  });

  test('of sound alone has no picture size', () => {
    const text = multivariantPlaylist({ ...variant, codecs: ['mp4a.40.2'] });
    assert.match(text, /CODECS="mp4a.40.2"\n/);
    assert.doesNotMatch(text, /RESOLUTION|FRAME-RATE/);
  });
});
