import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { test, type TestContext } from 'node:test';
import type { Session } from '../../gateway/sessions/session.ts';
import { makeSample, publishFile, type SampleOptions } from '../helpers/ffmpeg.ts';
import { probeLive, probePackets } from '../helpers/ffprobe.ts';
import { startTestGateway, type TestGateway } from '../helpers/gateway.ts';
import { publishNumbered } from '../helpers/numbered-publisher.ts';
import { run } from '../helpers/processes.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { demuxTs } from '../helpers/ts-demux.ts';

/** Every session over HLS that is let in from now on. */
function hlsSessions(server: TestGateway): Session[] {
  const sessions: Session[] = [];
  server.gateway.registry.listen({
    started: (session) => {
      if (session.details.protocol === 'hls') sessions.push(session);
    },
  });
  return sessions;
}

/**
 * ffmpeg's HLS reader gives the first two frames of the first PES packet the same time when there
 * is no video, whoever wrote them (its own muxer too); from the second packet on it is right.
 */
const UNTIMED = 10;

const FROM_THE_START = ['-live_start_index', '0'];

/** Hashes of decoded pictures; what a decoder complains of ends it. */
async function decodedPictures(t: TestContext, input: readonly string[]): Promise<string[]> {
  const args = ['-v', 'error', '-xerror', ...input, '-map', '0:v', '-vsync', 'passthrough'];
  const text = await run(t, 'ffmpeg', [...args, '-f', 'framehash', '-hash', 'md5', '-'], {
    timeoutMs: 40_000,
  });
  const lines = text.split('\n').filter((line) => line && !line.startsWith('#'));
  return lines.map((line) => line.split(',').at(-1)!.trim());
}

const STREAMS: readonly (SampleOptions & { name: string })[] = [
  { name: 'with B-frames and AAC', video: 'bframes', audio: 'aac' },
  { name: 'of sound alone', video: 'none', audio: 'aac' },
];

for (const { name, ...options } of STREAMS) {
  void test(`a stream ${name}, published by ffmpeg, read by ffprobe over HLS: nothing is missing`, async (t) => {
    const server = await startTestGateway(t, { hls_fragment: 1, hls_playlist_length: 60 });
    const sessions = hlsSessions(server);
    const sample = await makeSample(t, await tempDir(t), { seconds: 6, ...options });
    const publisher = publishFile(t, sample, `${server.rtmp}/lesson`, { pace: 1 });
    await server.streamIs('lesson', 'live');

    const url = `${server.http}/lesson/index.m3u8`;
    // Muxing begins with the first request; on a busy machine ffmpeg needs a while to send one.
    const first = fetch(url);
    await server.players(1);
    const probe = probeLive(t, url, FROM_THE_START);
    const pictures =
      options.video === 'none' ? [] : decodedPictures(t, [...FROM_THE_START, '-i', url]);
    await publisher.success(30_000);

    const received = await probe.packets(30_000);
    const sent = await probePackets(t, sample);
    for (const kind of ['video', 'audio'] as const) {
      const got = received.filter((packet) => packet.kind === kind);
      const due = sent.filter((packet) => packet.kind === kind);
      assert.equal(got.length, due.length, kind);
      const last = got.length - 1;
      for (const [index, { pts }] of got.entries()) {
        if (index < UNTIMED) continue;
        const deviation = pts - got[last]!.pts - (due[index]!.pts - due[last]!.pts);
        assert.ok(Math.abs(deviation) <= 2, `${kind} frame ${index} is ${deviation} ms off`);
      }
    }
    if (options.video !== 'none') {
      assert.deepEqual(await pictures, await decodedPictures(t, ['-i', sample]));
    }
    assert.equal((await first).status, 200);
    // A player is many requests and one session; the first one asked for a playlist only.
    assert.equal(sessions.length, options.video === 'none' ? 2 : 3);
    const { size } = await stat(sample);
    const bytes = sessions.map((session) => session.bytes);
    assert.equal(bytes.shift(), 0);
    assert.ok(
      bytes.every((carried) => carried > size),
      `${bytes.join()} for ${size}`,
    );
  });
}

/**
 * A viewer as players are: it follows the playlist that it was given, and takes new segments.
 * `send` is called once its first request is in: what is sent then is all muxed.
 */
async function follow(server: TestGateway, name: string, send: () => void) {
  const answer = fetch(`${server.http}/${name}/index.m3u8`);
  await server.players(1, name);
  setImmediate(send);
  const master = await answer;
  assert.equal(master.status, 200);
  const uri = (await master.text()).trimEnd().split('\n').at(-1)!;
  const base = new URL(uri, master.url);
  const taken = new Map<string, Buffer>();
  return {
    taken,
    /** Loads the playlist, and the segments in it that are new; answers the playlist. */
    async load(): Promise<string> {
      const playlist = await (await fetch(base)).text();
      for (const segment of playlist.match(/^[^#\n].*$/gm) ?? []) {
        if (taken.has(segment)) continue;
        const response = await fetch(new URL(segment, base));
        assert.equal(response.status, 200, segment);
        taken.set(segment, Buffer.from(await response.arrayBuffer()));
      }
      return playlist;
    },
    /** Numbers of all pictures taken, in the order in which they are played. */
    pictures(): number[] {
      const { pes } = demuxTs(Buffer.concat([...taken.values()]));
      return pes.flatMap(({ pid, data }) =>
        pid === 0x100 ? data.readUInt32BE(data.length - 400 - 4) : [],
      );
    },
  };
}

void test('a publisher that is lost and comes back: the viewer goes on, and sees every picture', async (t) => {
  const server = await startTestGateway(t, { hls_fragment: 1 });
  const sessions = hlsSessions(server);
  const first = await publishNumbered(t, `${server.rtmp}/lesson`);
  const viewer = await follow(server, 'lesson', () => first.send(60));
  await viewer.load();
  await first.lose();
  await server.streamIs('lesson', 'interrupted');
  await viewer.load();
  assert.deepEqual(
    viewer.pictures(),
    Array.from({ length: 60 }, (_, number) => number),
  );

  const second = await publishNumbered(t, `${server.rtmp}/lesson`);
  second.send(40);
  await second.close();
  await server.streamIs('lesson', 'gone');
  const playlist = await viewer.load();
  assert.match(playlist, /\n#EXT-X-DISCONTINUITY\n(.*\n)*#EXT-X-ENDLIST\n$/);
  assert.deepEqual(
    viewer.pictures().slice(60),
    Array.from({ length: 40 }, (_, number) => number),
  );
  assert.equal(sessions.length, 1);
});

void test('a stream that is published again has nothing of the one before', async (t) => {
  const server = await startTestGateway(t, { hls_fragment: 1 });
  const first = await publishNumbered(t, `${server.rtmp}/lesson`);
  const before = await follow(server, 'lesson', () => first.send(60));
  await before.load();
  await first.close();
  await server.streamIs('lesson', 'gone');
  assert.equal((await fetch(`${server.http}/lesson/index.m3u8`)).status, 404);

  const second = await publishNumbered(t, `${server.rtmp}/lesson`);
  const after = await follow(server, 'lesson', () => second.send(30));
  await after.load();
  assert.ok([...after.taken.keys()].every((name) => !before.taken.has(name)));
  assert.equal(after.pictures()[0], 0);
});
