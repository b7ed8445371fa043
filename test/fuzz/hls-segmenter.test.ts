import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MediaPacket } from '../../shared/media.ts';
import { Stream } from '../../gateway/live/stream.ts';
import { HlsStream } from '../../gateway/servers/hls/hls-stream.ts';
import {
  Segmenter,
  type NewSample,
  type Part,
  type SegmentEnd,
} from '../../gateway/servers/hls/segmenter.ts';
import {
  AAC_OTHER_CONFIG,
  AVC_OTHER_CONFIG,
  aac,
  aacConfig,
  avc,
  avcConfig,
} from '../helpers/crafted-media.ts';

const RUNS = { seed: 2, numRuns: 200 };

const samples: fc.Arbitrary<NewSample[]> = fc
  .array(
    fc.record({
      track: fc.constantFrom(0, 1),
      step: fc.oneof(fc.nat(60_000), fc.nat(4_000_000)),
      key: fc.boolean(),
      size: fc.nat(200),
    }),
    { maxLength: 120 },
  )
  .map((list) => {
    let now = 0;
    return list.map(({ track, step, key, size }): NewSample => {
      now += step;
      return {
        track,
        dts: now,
        pts: now,
        key: key || track === 1,
        disposable: false,
        frameTime: track === 1 ? 23_220 : 0,
        data: new Uint8Array(size),
      };
    });
  });

test('the segmenter keeps every sample, in order, once, and its segments follow one another', () => {
  fc.assert(
    fc.property(samples, (pushed) => {
      const parts: Part[] = [];
      const segments: SegmentEnd[] = [];
      let partsBefore = 0;
      const limits = { segment: 2e6, part: 1e6, maxSegment: 10e6, maxBytes: 2000 };
      const segmenter = new Segmenter(['video', 'audio'], () => limits, {
        part: (part) => parts.push(part),
        segment(end) {
          const own = parts.slice(partsBefore);
          partsBefore = parts.length;
          assert.equal(own[0]?.first, true);
          assert.ok(own.slice(1).every(({ first }) => !first));
          const [first] = own[0].samples;
          assert.equal(end.start, first!.dts);
          if (end.independent) assert.ok(first!.key && first!.track === 0);
          const size = own
            .flatMap((part) => part.samples)
            .reduce((sum, s) => sum + s.data.length, 0);
          assert.ok(size < limits.maxBytes + 200);
          segments.push(end);
        },
      });
      for (const sample of pushed) segmenter.push(sample);
      segmenter.end();

      const out = parts.flatMap((part) => part.samples);
      assert.deepEqual(
        out.map(({ track, dts }) => [track, dts]),
        pushed.map(({ track, dts }) => [track, dts]),
      );
      assert.ok(out.every(({ duration }) => Number.isInteger(duration) && duration >= 0));
      for (const [index, { start, duration }] of segments.entries()) {
        const next = segments[index + 1];
        if (next) assert.equal(start + duration, next.start);
      }
    }),
    RUNS,
  );
});

/** Anything that a publisher might send, its time going on. */
const publication: fc.Arbitrary<MediaPacket[]> = fc
  .array(
    fc.record({
      step: fc.oneof(fc.nat(50), fc.nat(3000)),
      what: fc.constantFrom(
        ...(['key', 'delta', 'delta', 'sound', 'sound', 'avc', 'avc2', 'aac', 'aac2'] as const),
        ...(['junk', 'empty', 'speex', 'brokenConfig'] as const),
      ),
    }),
    { maxLength: 150 },
  )
  .map((list) => {
    let now = 0;
    return list.map(({ step, what }): MediaPacket => {
      now += step;
      switch (what) {
        case 'key':
        case 'delta':
          return avc(now, what);
        case 'sound':
          return aac(now);
        case 'avc':
          return avcConfig(now);
        case 'avc2':
          return avcConfig(now, AVC_OTHER_CONFIG);
        case 'aac':
          return aacConfig(now);
        case 'aac2':
          return aacConfig(now, AAC_OTHER_CONFIG);
        case 'junk':
          return { ...avc(now), payload: Uint8Array.of(0xff, 0xff, 0xff, 0xff, 1) };
        case 'empty':
          return { ...aac(now), payload: new Uint8Array(0) };
        case 'speex':
          return { ...aac(now), codec: 'speex' };
        case 'brokenConfig':
          return avcConfig(now, Uint8Array.of(1, 2, 3));
      }
    });
  });

test('whatever is published, the stream stands, and its playlists keep the standard’s rules', () => {
  fc.assert(
    fc.property(publication, (packets) => {
      const stream = new Stream('lesson', () => ({ frames: 1000, bytes: 1e8, duration: 1e9 }));
      stream.begin(0);
      const hls = new HlsStream(stream, {
        settings: () => ({ fragment: 1, playlistLength: 3, maxBytes: 1e6 }),
        run: 'run',
        mediaSequence: 0,
        now: () => 0,
      });
      let mediaSequence = 0;
      let target = 0;
      for (const [index, packet] of packets.entries()) {
        stream.push(packet);
        if (index % 37 === 36) hls.discontinuity();
        if (!hls.playlist) continue;
        const number = (tag: string) =>
          Number(new RegExp(`#EXT-X-${tag}:(\\d+)`).exec(hls.playlist!)![1]);
        assert.ok(number('MEDIA-SEQUENCE') >= mediaSequence);
        mediaSequence = number('MEDIA-SEQUENCE');
        assert.ok(number('TARGETDURATION') >= target);
        target = number('TARGETDURATION');
        const durations = [...hls.playlist.matchAll(/#EXTINF:([\d.]+),/g)].map((m) => Number(m[1]));
        assert.ok(durations.every((duration) => Math.round(duration) <= target));
        for (const name of hls.playlist.match(/^run-.*$/gm)!) assert.ok(hls.file(name));
      }
      stream.end();
    }),
    RUNS,
  );
});
