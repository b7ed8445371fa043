import Fastify, { type FastifyInstance } from 'fastify';
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { Hub } from '../../../../gateway/live/hub.ts';
import type { Publication } from '../../../../gateway/live/publication.ts';
import { HlsServer } from '../../../../gateway/servers/hls/hls-server.ts';
import { admitted, refused, type Decision } from '../../../../gateway/sessions/admission.ts';
import { SessionRegistry } from '../../../../gateway/sessions/registry.ts';
import { aacConfig, avc, avcConfig, camera } from '../../../helpers/crafted-media.ts';
import { liveSettings } from '../../../helpers/live-settings.ts';
import { until } from '../../../helpers/until.ts';

/**
 * HLS behind fastify, with a hub, a registry whose news are noted, and publishers made by hand.
 * `ahead`: whether viewers are answered ahead of the routes, as they are in the gateway.
 */
function setUp(t: TestContext, { ahead = true } = {}) {
  const clock = { now: Date.UTC(2026, 0, 1) };
  const hub = new Hub(
    () => ({
      ...liveSettings,
      gop: { frames: 10_000, bytes: 1e9, duration: 1e9 },
      republishGraceMs: 0,
      publishStaleMs: 1e4,
    }),
    () => clock.now,
    () => clock.now,
  );
  const registry = new SessionRegistry({ maxStreams: 10, maxClients: 10 }, () => clock.now);
  const log: string[] = [];
  registry.listen({
    started: ({ details }) => log.push(`start ${details.name}`),
    ended: ({ details }, { code }) => log.push(`end ${details.name} ${code}`),
    refused: ({ details }, { code }) => log.push(`refused ${details.name} ${code}`),
  });
  const hls = new HlsServer({
    source: hub,
    registry,
    settings: () => ({ fragment: 2, playlistLength: 4, maxBytes: 1e8 }),
    trustsProxy: () => false,
    now: () => clock.now,
  });
  const app: FastifyInstance = Fastify();
  hls.register({
    app,
    onRequest: (answers) => {
      if (!ahead) return;
      app.addHook('onRequest', (request, reply, done) => {
        if (answers(request.raw, reply.raw)) reply.hijack();
        else done();
      });
    },
  });
  t.after(() => {
    hls.close();
    hub.close();
    return app.close();
  });
  /** Publishes; `seconds` of it have come when this returns. */
  const publish = (name: string, seconds = 4.5): Publication => {
    const publication = hub.publish(name, { replaced() {} });
    assert.ok(publication);
    for (const packet of [avcConfig(), aacConfig(), ...camera({ seconds, gop: 2000 })]) {
      publication.push(packet);
    }
    return publication;
  };
  /** Publishes, and has it muxed, so that there are segments for the first viewer. */
  const publishReady = (name: string): Publication => {
    const publication = publish(name, 0.5);
    hls.outputs.open(name);
    for (const packet of camera({ from: 520, seconds: 6, gop: 2000 })) publication.push(packet);
    return publication;
  };
  const get = (url: string) => app.inject({ url, remoteAddress: '192.0.2.7' });
  return { app, hls, hub, registry, log, clock, publish, publishReady, get };
}

const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1)!;

test('a viewer follows playlists to media', async (t) => {
  const { get, publishReady, registry } = setUp(t);
  publishReady('lesson');

  const master = await get('/lesson/index.m3u8?user=u&token=t');
  assert.equal(master.statusCode, 200);
  assert.equal(master.headers['content-type'], 'application/vnd.apple.mpegurl');
  assert.equal(master.headers['cache-control'], 'no-store');
  assert.equal(master.headers['access-control-allow-origin'], '*');
  assert.match(master.body, /CODECS="avc1.64000c,mp4a.40.2",RESOLUTION=320x180/);
  const mediaUri = lastLine(master.body);
  assert.match(mediaUri, /^[\w-]{22}\/live\.m3u8\?user=u&token=t$/);

  const media = await get(`/lesson/${mediaUri}`);
  assert.equal(media.statusCode, 200);
  assert.equal(media.headers['content-type'], 'application/vnd.apple.mpegurl');
  const name = media.body.split('\n').find((line) => line.endsWith('.ts'))!;

  const segment = await get(`/lesson/${mediaUri.split('/')[0]}/${name}`);
  assert.equal(segment.statusCode, 200);
  assert.equal(segment.headers['content-type'], 'video/mp2t');
  assert.equal(segment.headers['cache-control'], 'private, max-age=3600, immutable');
  assert.equal(segment.headers['access-control-allow-origin'], '*');
  assert.equal(segment.rawPayload[0], 0x47);

  const [session, ...others] = registry.list();
  assert.equal(others.length, 0);
  assert.equal(session!.details.addr, '192.0.2.7');
  assert.equal(session!.details.uri, '/lesson/index.m3u8');
  assert.deepEqual(session!.details.args, [
    ['user', 'u'],
    ['token', 't'],
  ]);
  assert.equal(session!.bytes, segment.rawPayload.length);
  assert.ok(session!.timestamp >= 2000);
});

test('viewers are answered alike ahead of the routes and by them', async (t) => {
  for (const ahead of [true, false]) {
    const { app, get, publishReady, registry } = setUp(t, { ahead });
    let byRoutes = 0;
    app.addHook('preHandler', async () => void byRoutes++);
    publishReady('第1课');
    const base = `/${encodeURIComponent('第1课')}`;
    const uri = lastLine((await get(`${base}/index.m3u8`)).body);
    assert.equal(byRoutes, 1);
    const media = await get(`${base}/${uri}`);
    const name = media.body.split('\n').find((line) => line.endsWith('.ts'))!;
    const segment = await get(`${base}/${uri.split('/')[0]}/${name}`);
    assert.equal(byRoutes, ahead ? 1 : 3);
    for (const [answer, type, cached] of [
      [media, 'application/vnd.apple.mpegurl', 'no-store'],
      [segment, 'video/mp2t', 'private, max-age=3600, immutable'],
    ] as const) {
      assert.equal(answer.statusCode, 200);
      const { headers } = answer;
      for (const name of ['date', 'connection']) delete headers[name];
      assert.deepEqual(headers, {
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'GET, HEAD, OPTIONS',
        'access-control-allow-headers': '*',
        'content-type': type,
        'cache-control': cached,
        'content-length': `${answer.rawPayload.length}`,
      });
    }
    assert.match(media.body, /^#EXTM3U\n/);
    assert.equal(registry.list()[0]!.bytes, segment.rawPayload.length);
    const head = await app.inject({ method: 'HEAD', url: `${base}/${uri.split('/')[0]}/${name}` });
    assert.equal(head.statusCode, 200);
    assert.equal(head.headers['content-length'], `${segment.rawPayload.length}`);
    assert.equal(registry.list()[0]!.bytes, segment.rawPayload.length, 'a HEAD brings no media');
  }
});

test('all viewers get the same media playlist', async (t) => {
  const { get, publishReady } = setUp(t);
  publishReady('lesson');
  const uris = [await get('/lesson/index.m3u8'), await get('/lesson/index.m3u8')].map(({ body }) =>
    lastLine(body),
  );
  assert.notEqual(uris[0], uris[1]);
  const bodies = await Promise.all(uris.map(async (uri) => (await get(`/lesson/${uri}`)).body));
  assert.equal(bodies[0], bodies[1]);
});

describe('the first request for a stream', () => {
  test('is held until there is a segment', async (t) => {
    const { get, publish, hls } = setUp(t);
    const publication = publish('lesson', 1);
    const answer = get('/lesson/index.m3u8');
    await until(() => hls.outputs.streams.length === 1);
    for (const packet of camera({ from: 1000, seconds: 3, gop: 500 })) publication.push(packet);
    assert.equal((await answer).statusCode, 200);
  });

  test('is told to come again when that takes too long; the session is over then', async (t) => {
    const { app, get, publish, hls, log } = setUp(t);
    publish('lesson', 1);
    await app.ready();
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const answer = get('/lesson/index.m3u8');
    // `until` has its own timers, which stand still here.
    while (hls.outputs.streams.length === 0) await new Promise(setImmediate);
    t.mock.timers.tick(15_000);
    const { statusCode, headers, body } = await answer;
    assert.equal(statusCode, 503);
    assert.equal(headers['retry-after'], '1');
    assert.match(body, /has no segment yet/);
    assert.deepEqual(log, ['start lesson', 'end lesson failed']);
  });
});

describe('there is nothing', () => {
  const isNothing = async (t: TestContext, url: string) => {
    const { get, publishReady, log } = setUp(t);
    publishReady('lesson');
    const { statusCode, body, headers } = await get(url);
    assert.equal(statusCode, 404);
    assert.match(body, /^There is [^\n]+\.\n$/);
    assert.equal(headers['access-control-allow-origin'], '*');
    assert.equal(headers['cache-control'], 'no-store');
    assert.deepEqual(log, []);
  };

  test('under a name that nobody publishes', (t) => isNothing(t, '/nobody/index.m3u8'));
  test('under a name that nobody publishes, with a viewer’s address', (t) =>
    isNothing(t, '/nobody/AAAAAAAAAAAAAAAAAAAAAA/live.m3u8'));
  test('under something that is no viewer', (t) => isNothing(t, '/lesson/me/live.m3u8'));
  test('under a file of no viewer', (t) => isNothing(t, '/lesson/me/run-1.ts'));

  test('where a segment was, for a viewer too', async (t) => {
    const { get, publishReady } = setUp(t);
    publishReady('lesson');
    const viewer = lastLine((await get('/lesson/index.m3u8')).body).split('/')[0];
    assert.equal((await get(`/lesson/${viewer}/run-1.ts`)).statusCode, 404);
    assert.equal((await get(`/lesson/${viewer}/..%2f..%2fetc%2fpasswd`)).statusCode, 404);
  });
});

describe('admission', () => {
  test('that refuses is a 403 with its sentence', async (t) => {
    const { get, publishReady, registry, log } = setUp(t);
    publishReady('lesson');
    registry.addCheck(async () => refused('forbidden', 'The callback said no.'));
    const { statusCode, body } = await get('/lesson/index.m3u8');
    assert.equal(statusCode, 403);
    assert.equal(body, 'The callback said no.\n');
    assert.deepEqual(log, ['refused lesson refused']);
  });

  test('comes before muxing: who is refused costs nothing', async (t) => {
    const { get, publish, registry, hls } = setUp(t);
    publish('lesson');
    registry.addCheck(async () => refused('no_answer', 'No answer.'));
    const urls = ['/lesson/index.m3u8', '/lesson/AAAAAAAAAAAAAAAAAAAAAA/live.m3u8'];
    for (const url of urls) assert.equal((await get(url)).statusCode, 403);
    assert.equal(hls.outputs.streams.length, 0);
  });

  test('at the limit of clients is a 503', async (t) => {
    const { get, publishReady, registry } = setUp(t);
    publishReady('lesson');
    registry.limits = { maxStreams: 1, maxClients: 0 };
    assert.equal((await get('/lesson/index.m3u8')).statusCode, 503);
  });

  test('of a viewer who goes away before the answer ends its session', async (t) => {
    const { app, publish, registry, log } = setUp(t);
    publish('lesson', 1);
    let answer!: (decision: Decision) => void;
    let asked!: () => void;
    const isAsked = new Promise<void>((resolve) => (asked = resolve));
    registry.addCheck(
      () =>
        new Promise((resolve) => {
          answer = resolve;
          asked();
        }),
    );
    const address = await app.listen({ port: 0, host: '127.0.0.1' });
    const leaving = new AbortController();
    const request = fetch(`${address}/lesson/index.m3u8`, { signal: leaving.signal });
    await isAsked;
    const over = new Promise((resolve) => registry.listen({ refused: resolve }));
    leaving.abort();
    await assert.rejects(request);
    await over;
    answer(admitted);
    assert.deepEqual(log, ['refused lesson client_left']);
    assert.equal(registry.list().length, 0);
  });
});

describe('a viewer', () => {
  test('that is not known is let in by its playlist’s address, and asked again', async (t) => {
    const { get, publishReady, registry, log } = setUp(t);
    publishReady('lesson');
    const token = 'abcdefghijklmnopqrstuv';
    assert.equal((await get(`/lesson/${token}/run-1.ts`)).statusCode, 403);
    assert.equal((await get(`/lesson/${token}/live.m3u8?user=u`)).statusCode, 200);
    assert.equal((await get(`/lesson/${token}/live.m3u8?user=u`)).statusCode, 200);
    assert.deepEqual(log, ['start lesson']);
    assert.deepEqual(registry.list()[0]!.details.args, [['user', 'u']]);
  });

  test('that was removed gets nothing more, and has to begin again', async (t) => {
    const { get, publishReady, registry, log } = setUp(t);
    publishReady('lesson');
    const uri = lastLine((await get('/lesson/index.m3u8')).body);
    const name = (await get(`/lesson/${uri}`)).body.split('\n').find((l) => l.endsWith('.ts'))!;
    registry.list()[0]!.end({ code: 'dropped', message: 'Dropped.' });
    assert.equal((await get(`/lesson/${uri}`)).statusCode, 403);
    assert.equal((await get(`/lesson/${uri.split('/')[0]}/${name}`)).statusCode, 403);
    assert.equal((await get('/lesson/index.m3u8')).statusCode, 200);
    assert.deepEqual(log, ['start lesson', 'end lesson dropped', 'start lesson']);
  });

  test('sees the end of the stream', async (t) => {
    const { get, publishReady, clock, hls, log } = setUp(t);
    const publication = publishReady('lesson');
    const uri = lastLine((await get('/lesson/index.m3u8')).body);
    publication.end(true);
    assert.match((await get(`/lesson/${uri}`)).body, /ENDLIST/);
    assert.equal((await get('/lesson/index.m3u8')).statusCode, 404);
    clock.now += 20_000;
    hls.viewers.sweep();
    assert.deepEqual(log, ['start lesson', 'end lesson stream_ended']);
  });

  test('goes on with the next publisher', async (t) => {
    const { get, publishReady, publish, clock, hls } = setUp(t);
    const publication = publishReady('lesson');
    const uri = lastLine((await get('/lesson/index.m3u8')).body);
    const before = (await get(`/lesson/${uri}`)).body;
    publication.end(true);
    clock.now += 5000;
    const next = publish('lesson', 1);
    const after = get(`/lesson/${uri}`);
    await until(() => hls.outputs.streams.some(({ ended }) => !ended));
    for (const packet of camera({ from: 1000, seconds: 3, gop: 500 })) next.push(packet);
    const { statusCode, body } = await after;
    assert.equal(statusCode, 200);
    const sequence = (text: string) => Number(/MEDIA-SEQUENCE:(\d+)/.exec(text)![1]);
    assert.ok(sequence(body) > sequence(before));
    assert.ok(!before.match(/.*\.ts/g)!.some((name) => body.includes(name)));
  });
});

test('HEAD answers as GET, and starts nobody', async (t) => {
  const { app, publishReady, log } = setUp(t);
  publishReady('lesson');
  for (const url of ['/lesson/index.m3u8', '/lesson/abcdefghijklmnopqrstuv/live.m3u8']) {
    const { statusCode, headers, body } = await app.inject({ method: 'HEAD', url });
    assert.equal(statusCode, 200);
    assert.equal(headers['content-type'], 'application/vnd.apple.mpegurl');
    assert.equal(body, '');
  }
  assert.deepEqual(log, []);
});

test('a page of another origin may ask what it may', async (t) => {
  const { app } = setUp(t);
  for (const url of ['/lesson/index.m3u8', '/lesson/viewer/live.m3u8', '/lesson/viewer/1.ts']) {
    const { statusCode, headers } = await app.inject({ method: 'OPTIONS', url });
    assert.equal(statusCode, 204);
    assert.equal(headers['access-control-allow-origin'], '*');
    assert.equal(headers['access-control-allow-methods'], 'GET, HEAD, OPTIONS');
  }
});

test('names in other scripts are found', async (t) => {
  const { get, publishReady } = setUp(t);
  publishReady('第1课');
  assert.equal((await get(`/${encodeURIComponent('第1课')}/index.m3u8`)).statusCode, 200);
});

test('a picture alone is enough', async (t) => {
  const { get, hub, hls } = setUp(t);
  const publication = hub.publish('camera', { replaced() {} });
  assert.ok(publication);
  publication.push(avcConfig());
  publication.push(avc(0, 'key'));
  hls.outputs.open('camera');
  for (const packet of camera({ from: 40, seconds: 3, sound: false })) publication.push(packet);
  for (const packet of camera({ from: 4000, seconds: 3, sound: false })) publication.push(packet);
  assert.match((await get('/camera/index.m3u8')).body, /CODECS="avc1.64000c"/);
});
