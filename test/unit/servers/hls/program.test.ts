import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MediaPacket } from '../../../../shared/media.ts';
import { Program } from '../../../../gateway/servers/hls/program.ts';
import {
  AAC_OTHER_CONFIG,
  AVC_OTHER_CONFIG,
  aac,
  aacConfig,
  avc,
  avcConfig,
  microphone,
} from '../../../helpers/crafted-media.ts';

/**
 * Runs packets through a program and notes what comes out, one word each: `[h264 aac]` a
 * beginning, `+aac` a track that joins, `v40` and `a23` frames with their ms.
 */
function run(open: { canJoin: boolean } = { canJoin: true }) {
  const log: string[] = [];
  const program = new Program({
    begin: (formats) => log.push(`[${formats.map(({ codec }) => codec).join(' ')}]`),
    join: ({ codec }) => {
      if (open.canJoin) log.push(`+${codec}`);
      return open.canJoin;
    },
    frame: ({ kind, dts }, track, format) => {
      log.push(`${kind[0]}${dts / 1000}`);
      assert.equal(format.kind, kind);
      assert.ok(track >= 0);
    },
  });
  const feed = (...packets: MediaPacket[]): string => {
    log.length = 0;
    for (const packet of packets) program.packet(packet);
    return log.join(' ');
  };
  return { program, feed };
}

describe('the beginning', () => {
  test('is a key frame; what comes before it is left out', () => {
    const { feed } = run();
    const sent = [avcConfig(), aacConfig(), avc(0), aac(10), avc(40, 'key'), aac(50), avc(80)];
    assert.equal(feed(...sent), '[h264 aac] v40 a50 v80');
  });

  test('of sound alone waits a second for a picture, and loses nothing', () => {
    const { feed } = run();
    const sounds = microphone({ seconds: 1.1 });
    const got = feed(aacConfig(), ...sounds).split(' ');
    assert.equal(got[0], '[aac]');
    assert.equal(got.length - 1, sounds.length);
    assert.equal(got[1], 'a0');
  });

  test('with sound first still becomes one of both', () => {
    const { feed } = run();
    const got = feed(aacConfig(), aac(0), aac(23), avcConfig(30), avc(30, 'key'), aac(46));
    assert.equal(got, '[h264 aac] v30 a46');
  });

  test('does not wait for a picture that nobody could decode', () => {
    const { feed } = run();
    const broken = { ...avcConfig(), payload: Uint8Array.of(9) };
    const got = feed(broken, avc(0, 'key'), aacConfig(), ...microphone({ seconds: 1.1 }));
    assert.match(got, /^\[aac\] a0 a23/);
  });
});

describe('sound that comes late', () => {
  test('joins while nothing has been muxed', () => {
    const { feed } = run();
    assert.equal(
      feed(avcConfig(), avc(0, 'key'), aacConfig(10), aac(10), avc(40), aac(33)),
      '[h264] v0 +aac a10 v40 a33',
    );
  });

  test('otherwise begins with the next key frame', () => {
    const { feed } = run({ canJoin: false });
    assert.equal(
      feed(avcConfig(), avc(0, 'key'), aacConfig(10), aac(10), avc(40), avc(80, 'key'), aac(90)),
      '[h264] v0 v40 [h264 aac] v80 a90',
    );
  });
});

describe('a picture that comes late', () => {
  test('begins with its key frame; sound goes on until then', () => {
    const { feed } = run({ canJoin: false });
    feed(aacConfig(), ...microphone({ seconds: 1.1 }));
    assert.equal(
      feed(avcConfig(1200), avc(1200), aac(1210), avc(1240, 'key'), aac(1250)),
      'a1210 [h264 aac] v1240 a1250',
    );
  });
});

describe('a change', () => {
  const started = () => {
    const { program, feed } = run({ canJoin: false });
    feed(avcConfig(), aacConfig(), avc(0, 'key'), aac(0));
    return { program, feed };
  };

  test('of the picture begins anew at its key frame', () => {
    const { feed } = started();
    assert.equal(
      feed(avcConfig(40, AVC_OTHER_CONFIG), aac(45), avc(50), avc(80, 'key'), avc(120)),
      'a45 [h264 aac] v80 v120',
    );
  });

  test('of the sound begins anew at the picture’s next key frame', () => {
    const { feed } = started();
    assert.equal(
      feed(aacConfig(40, AAC_OTHER_CONFIG), aac(45), avc(50), avc(80, 'key'), aac(90)),
      'v50 [h264 aac] v80 a90',
    );
  });

  test('of sound alone begins anew at once', () => {
    const { feed } = run({ canJoin: false });
    feed(aacConfig(), ...microphone({ seconds: 1.1 }));
    assert.equal(feed(aacConfig(1200, AAC_OTHER_CONFIG), aac(1200)), '[aac] a1200');
  });

  test('is not a configuration that is only sent again', () => {
    const { feed } = started();
    assert.equal(feed(avcConfig(40), aacConfig(40), avc(40, 'key'), aac(50)), 'v40 a50');
  });

  test('of the codec without a new configuration leaves the track out', () => {
    const { feed } = started();
    const hevc = (ms: number, role: 'key' | 'delta') =>
      ({ ...avc(ms, role), codec: 'hevc' }) as MediaPacket;
    assert.equal(feed(hevc(40, 'key'), hevc(80, 'delta'), aac(90)), 'a90');
  });
});

describe('silence', () => {
  test('of some seconds ends in a program without sound, which may come again', () => {
    const { feed } = run({ canJoin: false });
    feed(avcConfig(), aacConfig(), avc(0, 'key'), aac(0));
    assert.equal(feed(avc(4000, 'key'), avc(5001, 'key')), 'v4000 [h264] v5001');
    assert.equal(
      feed(aac(5010), avc(5040), avc(6000, 'key'), aac(6010)),
      'v5040 [h264 aac] v6000 a6010',
    );
  });

  test('of a track that was only announced counts from the beginning', () => {
    const { feed } = run({ canJoin: false });
    assert.equal(
      feed(aacConfig(), avcConfig(), avc(60_000, 'key'), avc(64_000, 'key'), avc(66_000, 'key')),
      '[h264 aac] v60000 v64000 [h264] v66000',
    );
  });
});

describe('what is left out', () => {
  test('data, unknown codecs, and tracks beyond the first of a kind', () => {
    const { feed } = run();
    const second = { ...avc(0, 'key'), track: 1 };
    const speex = { ...aac(0), codec: 'speex' } as MediaPacket;
    assert.equal(feed(avcConfig(), avc(0, 'key'), second, speex, avc(40)), '[h264] v0 v40');
  });

  test('a stream of nothing that HLS carries comes to nothing', () => {
    const { feed } = run();
    const packets = microphone({ seconds: 3 }).map(
      (each) => ({ ...each, codec: 'speex' }) as const,
    );
    assert.equal(feed(...packets), '');
  });
});

test('after a reset, tracks that are not announced any more are gone', () => {
  const { program, feed } = run();
  feed(avcConfig(), aacConfig(), avc(0, 'key'), aac(0));
  program.reset([avcConfig()]);
  assert.equal(feed(avc(40), avc(80, 'key'), avc(120)), '[h264] v80 v120');
});
