import assert from 'node:assert/strict';
import { registerHooks } from 'node:module';
import { test, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Hub } from '../../../../gateway/live/hub.ts';
import type { LiveSettings } from '../../../../gateway/live/settings.ts';
import type { Log } from '../../../../gateway/ops/log.ts';
import { WebRtcServer } from '../../../../gateway/servers/webrtc/webrtc-server.ts';
import { SessionRegistry } from '../../../../gateway/sessions/registry.ts';
import { offerText } from '../../../helpers/sdp-fixtures.ts';

/** A server that serves at most two who are connecting. */
const setUp = async (t: TestContext, waitMs = 0) => {
  const registry = new SessionRegistry({ maxStreams: 100, maxClients: 100 });
  const errors: string[] = [];
  const server = new WebRtcServer({
    hub: new Hub(
      () => ({ gop: { frames: 1, bytes: 1, duration: 1 } }) as LiveSettings,
      () => 0,
    ),
    registry,
    log: { warn() {}, error: (_: object, words: string) => errors.push(words) } as unknown as Log,
    settings: () => ({
      publicAddresses: [],
      maxTranscodes: 0,
      waitMs,
      publishTimeoutMs: 1000,
    }),
    ffmpeg: undefined,
    mostConnecting: 2,
  });
  await server.listen(0, '127.0.0.1');
  t.after(() => server.close());
  const publish = (name: string, departure = new AbortController().signal) =>
    server.publish(offerText('chrome-156-sendonly'), {
      name,
      addr: '127.0.0.1',
      args: [],
      departure,
    });
  const play = (name: string, departure: AbortSignal) =>
    server.play(offerText('chrome-156-recvonly'), { name, addr: '127.0.0.1', args: [], departure });
  return { server, registry, errors, publish, play };
};

// The first of the file: what is loaded stays loaded.
test('what could not be loaded for the first offer is loaded for the next', async (t) => {
  const { errors, publish } = await setUp(t);
  const hooks = registerHooks({
    load(url, context, next) {
      if (url.endsWith('/peer-maker.ts')) throw new Error('too many open files');
      return next(url, context);
    },
  });
  await assert.rejects(publish('a'), /too many open files/);
  hooks.deregister();
  assert.deepEqual(errors, ['what WebRTC needs could not be loaded']);
  await publish('a');
});

test('a publisher that left while WebRTC was being loaded does not hold its name', async (t) => {
  const { registry, publish } = await setUp(t);
  const departure = new AbortController();
  const published = publish('a', departure.signal);
  departure.abort();
  await assert.rejects(published, { code: 'no_session' });
  assert.deepEqual(registry.list(), []);
});

test('offers that are not followed by a connection are few at a time', async (t) => {
  const { server, registry, publish } = await setUp(t);
  const { id } = await publish('a');
  await publish('b');
  await assert.rejects(publish('c'), { code: 'full', status: 503 });
  assert.equal(registry.list().length, 2, 'nobody was asked about it');
  server.connections.remove('whip', id, 'a');
  await publish('c');
});

test('offers that come at once are counted before any of them is answered', async (t) => {
  const { registry, publish } = await setUp(t);
  const answered = await Promise.allSettled(['a', 'b', 'c', 'd'].map((name) => publish(name)));
  assert.deepEqual(
    answered.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected', 'rejected'],
  );
  assert.equal(registry.list().length, 2);
});

test('viewers who wait for a publisher do not keep it out', async (t) => {
  const { registry, publish, play } = await setUp(t, 60_000);
  const departure = new AbortController();
  const waiting = ['a', 'a'].map((name) => play(name, departure.signal));
  while (registry.list().length < 2) await setImmediate();
  await publish('a');
  departure.abort();
  for (const viewer of waiting) await assert.rejects(viewer, { code: 'not_live' });
});

test('an offer that is refused makes room for the next', async (t) => {
  const { server, publish } = await setUp(t);
  const request = { name: 'a', addr: '127.0.0.1', args: [], departure: AbortSignal.abort() };
  for (let index = 0; index < 3; index++) {
    await assert.rejects(server.play('v=1', request), { code: 'bad_sdp' });
    await assert.rejects(publish('a', request.departure), { code: 'no_session' });
  }
  await Promise.all([publish('a'), publish('b')]);
});

test('a session that ends while its ICE restart is answered is not answered', async (t) => {
  const { server, publish } = await setUp(t);
  const { id } = await publish('a');
  const fragment = 'a=ice-ufrag:other\r\na=ice-pwd:otherpasswordotherpassword\r\n';
  const restarted = server.connections.patch('whip', id, 'a', fragment, '*');
  server.connections.remove('whip', id, 'a');
  await assert.rejects(restarted, { code: 'no_session', status: 404 });
});
