import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { connect } from '../../gateway/relay/rtmp-client.ts';
import { RtmpClientError } from '../../gateway/relay/rtmp-client-error.ts';
import { startAmsGateway, type AmsGateway } from '../helpers/ams-gateway.ts';
import {
  startCallbackServer,
  type CallbackServer,
  type ReceivedCallback,
  type ScriptedAnswer,
} from '../helpers/callback-server.ts';
import { sendMedia } from '../helpers/rtmp-media.ts';
import { openScope } from '../helpers/scope.ts';
import { until } from '../helpers/until.ts';

const switches = [
  'enable_http_vod_s_notify',
  'enable_http_vod_e_notify',
  'enable_http_live_s_notify',
  'enable_http_live_e_notify',
  'enable_rtmp_vod_s_notify',
  'enable_rtmp_vod_e_notify',
  'enable_rtmp_live_s_notify',
  'enable_rtmp_live_e_notify',
  'enable_rtmp_publish_s_notify',
  'enable_rtmp_publish_e_notify',
  'enable_rtmp_update_notify',
];

/** A gateway with every callback switched on, and the integrator's server for each address. */
async function startBoth(t: TestContext, settings: Record<string, string | number> = {}) {
  // The receivers go last, or the gateway would wait for them when it ends.
  const receivers = openScope();
  const rtmp = await startCallbackServer(receivers);
  const http = await startCallbackServer(receivers);
  const ams = await startAmsGateway(t, {
    settings: {
      rtmp_notify: rtmp.url,
      http_notify: http.url,
      ...Object.fromEntries(switches.map((key) => [key, 1])),
      update_interval: 3600,
      ...settings,
    },
  });
  t.after(() => receivers.close());
  return { ams, rtmp, http };
}

const called = (call: string) => (callback: ReceivedCallback) => callback.form['call'] === call;
const calls = (server: CallbackServer) => server.received.map(({ form }) => form['call']);
/** Answers one call in a special way, all others with 200. */
const answering = (call: string, answer: ScriptedAnswer) => (callback: ReceivedCallback) =>
  callback.form['call'] === call ? answer : {};

/** Opens an HTTP-FLV stream; answers the status and how to leave. */
async function watchFlv(ams: AmsGateway, path: string) {
  const leave = new AbortController();
  const response = await fetch(`${ams.http}${path}`, { signal: leave.signal });
  return { status: response.status, body: response.body, leave: () => leave.abort() };
}

const refusedWith = (status: string) => (error: unknown) =>
  error instanceof RtmpClientError && error.status === status;

suite('section 3: start callbacks', () => {
  test('a POST of form fields', async (t) => {
    const { ams, rtmp } = await startBoth(t);
    await ams.publish('lesson');
    const { method, path, headers, form } = await rtmp.waitFor(called('publish'));
    assert.equal(method, 'POST');
    assert.equal(path, '/notify');
    assert.equal(headers['content-type'], 'application/x-www-form-urlencoded');
    assert.equal(form['name'], 'lesson');
  });

  test('hold the client’s command until they are answered', async (t) => {
    const { ams, rtmp } = await startBoth(t);
    let release = () => {};
    const hold = new Promise<void>((resolve) => (release = resolve));
    rtmp.answer(answering('publish', { hold }));
    let published = false;
    const publishing = ams.publish('lesson').then(() => (published = true));
    await rtmp.waitFor(called('publish'));
    assert.equal(ams.gateway.registry.list()[0]?.state, 'asking');
    assert.equal(ams.gateway.hub.find('lesson'), undefined);
    assert.equal(published, false);
    release();
    await publishing;
  });

  for (const status of [200, 201, 204, 299]) {
    test(`${status} lets it go on`, async (t) => {
      const { ams, rtmp } = await startBoth(t);
      rtmp.answer(() => ({ status }));
      await ams.publish('lesson');
      await ams.play('lesson');
    });
  }

  for (const status of [300, 302, 401, 403, 404, 500, 503]) {
    test(`${status}: the protocol’s own refusal, and the connection closes`, async (t) => {
      const { ams, rtmp, http } = await startBoth(t);
      rtmp.answer(() => ({ status, headers: { location: rtmp.url } }));
      http.answer(() => ({ status, headers: { location: http.url } }));
      await assert.rejects(ams.publish('lesson'), refusedWith('NetStream.Publish.BadName'));
      await assert.rejects(ams.play('lesson'), refusedWith('NetStream.Play.Failed'));
      assert.equal((await watchFlv(ams, '/live/lesson.flv')).status, 403);
      assert.deepEqual(calls(rtmp), ['publish', 'play']);
      assert.deepEqual(calls(http), ['play']);
      await until(() => ams.gateway.registry.list().length === 0);
    });
  }

  test('no answer: refused, when the connection is cut and when the time is up', async (t) => {
    const { ams, rtmp, http } = await startBoth(t, { notify_timeout: 1 });
    rtmp.answer(() => ({ destroy: true }));
    await assert.rejects(ams.publish('lesson'), refusedWith('NetStream.Publish.BadName'));
    const never = new Promise<void>(() => {});
    rtmp.answer(() => ({ hold: never }));
    http.answer(() => ({ hold: never }));
    const flv = watchFlv(ams, '/live/lesson.flv');
    await assert.rejects(ams.play('lesson'), refusedWith('NetStream.Play.Failed'));
    assert.equal((await flv).status, 403);
    assert.ok(ams.log.some((line) => line.includes('fail: ')));
  });

  test('the time limit is 5 s by default', async (t) => {
    const { text } = await (await startAmsGateway(t)).post('/cfg/get');
    assert.equal(new URLSearchParams(text).get('notify_timeout'), '5');
  });

  test('a refused client has no end callback', async (t) => {
    const { ams, rtmp } = await startBoth(t);
    rtmp.answer(answering('play', { status: 403 }));
    await ams.publish('lesson');
    await assert.rejects(ams.play('lesson'));
    await ams.close();
    assert.deepEqual(calls(rtmp), ['publish', 'play', 'publish_done']);
  });

  test('switched off: nobody is asked', async (t) => {
    const { ams, rtmp, http } = await startBoth(
      t,
      Object.fromEntries(switches.map((key) => [key, 0])),
    );
    await ams.publish('lesson');
    await ams.play('lesson');
    (await watchFlv(ams, '/live/lesson.flv')).leave();
    await ams.close();
    assert.deepEqual([...calls(rtmp), ...calls(http)], []);
  });

  test('only end callbacks switched on: those who came without asking are told about', async (t) => {
    const { ams, rtmp } = await startBoth(t, {
      enable_rtmp_publish_s_notify: 0,
      enable_rtmp_live_s_notify: 0,
    });
    const publisher = await ams.publish('lesson');
    const player = await ams.play('lesson');
    await player.close();
    await rtmp.waitFor(called('play_done'));
    await publisher.close();
    await rtmp.waitFor(called('publish_done'));
    assert.deepEqual(calls(rtmp), ['play_done', 'publish_done']);
  });
});

suite('section 3: fields', () => {
  test('in every session callback: app, clientid, call, name, addr, protocol, then the arguments', async (t) => {
    const { ams, rtmp } = await startBoth(t);
    await ams.publish('lesson?token=t&n=1', { appQuery: '?user=u' });
    const { body, form } = await rtmp.waitFor(called('publish'));
    const names = [...new URLSearchParams(body.toString()).keys()];
    assert.deepEqual(names, [
      'app',
      'clientid',
      'call',
      'name',
      'addr',
      'protocol',
      'event_id',
      'user',
      'token',
      'n',
    ]);
    assert.match(form['clientid']!, /^\d+$/);
    const { app, call, name, addr, protocol, user, token, n } = form;
    assert.deepEqual(
      { app, call, name, addr, protocol, user, token, n },
      {
        app: 'live',
        call: 'publish',
        name: 'lesson',
        addr: '127.0.0.1',
        protocol: 'rtmp',
        user: 'u',
        token: 't',
        n: '1',
      },
    );
  });

  test('an argument never overrides a field that the server sets', async (t) => {
    const { ams, rtmp, http } = await startBoth(t);
    const forged =
      'call=x&addr=9.9.9.9&app=x&clientid=1&event_id=1&name=x&protocol=x&time=9&call[]=x&mine=1';
    await ams.publish(`lesson?${forged}`, { appQuery: `?${forged}` });
    const { body } = await rtmp.waitFor(called('publish'));
    const fields = new URLSearchParams(body.toString());
    for (const [name] of fields) {
      if (name !== 'mine') assert.equal(fields.getAll(name).length, 1, name);
    }
    assert.equal(fields.get('addr'), '127.0.0.1');
    assert.equal(fields.has('time'), false);
    assert.equal(fields.has('call[]'), false);
    assert.deepEqual(fields.getAll('mine'), ['1', '1']);

    (await watchFlv(ams, `/live/lesson.flv?${forged}&uri=/x&curTime=1`)).leave();
    const { form } = await http.waitFor(called('play'));
    assert.equal(form['uri'], '/live/lesson.flv');
    assert.notEqual(form['curTime'], '1');
  });

  test('publish_done: time, timestamp, totlebyte', async (t) => {
    const { ams, rtmp } = await startBoth(t);
    const publisher = await ams.publish('lesson?token=t');
    const { form: start } = await rtmp.waitFor(called('publish'));
    await publisher.close();
    const { form } = await rtmp.waitFor(called('publish_done'));
    assert.equal(form['clientid'], start['clientid']);
    assert.equal(form['name'], 'lesson');
    assert.equal(form['token'], 't');
    assert.match(form['time']!, /^\d+$/);
    assert.ok(Number(form['time']) < 10, 'seconds, not milliseconds');
    assert.equal(form['timestamp'], '1960', 'the media time in ms: the 50th frame');
    assert.ok(Number(form['totlebyte']) > 50 * 400);
    assert.notEqual(form['event_id'], start['event_id']);
  });

  test('play and play_done over RTMP', async (t) => {
    const { ams, rtmp } = await startBoth(t);
    const publisher = await ams.publish('lesson');
    const player = await ams.play('lesson?user=u', { appQuery: '?school=s' });
    let came = 0;
    player.on('media', () => came++);
    sendMedia(publisher, { from: 2000 });
    await until(() => came >= 100);
    await player.close();
    const { form: start } = await rtmp.waitFor(called('play'));
    const { form: end } = await rtmp.waitFor(called('play_done'));
    assert.equal(start['app'], 'live');
    assert.equal(start['school'], 's');
    assert.equal(start['user'], 'u');
    assert.deepEqual(
      [end['clientid'], end['name'], end['user'], end['school']],
      [start['clientid'], 'lesson', 'u', 's'],
    );
    assert.equal(end['timestamp'], '3960');
    assert.ok(Number(end['totlebyte']) > 100 * 64);
    assert.match(end['time']!, /^\d+$/);
  });

  for (const protocol of ['flv', 'ws-flv', 'hls'] as const) {
    test(`over HTTP, ${protocol}: http_live through http_notify, uri, curTime; name with play only`, async (t) => {
      const { ams, rtmp, http } = await startBoth(t, { hls_fragment: 1 });
      const publisher = await ams.publish('lesson');
      const uri = protocol === 'hls' ? '/lesson/index.m3u8' : '/live/lesson.flv';
      if (protocol === 'ws-flv') {
        const socket = new WebSocket(`${ams.http.replace('http', 'ws')}${uri}?user=u`);
        await new Promise((resolve) => socket.addEventListener('message', resolve, { once: true }));
        socket.close();
      } else if (protocol === 'flv') {
        const viewer = await watchFlv(ams, `${uri}?user=u`);
        assert.equal(viewer.status, 200);
        await viewer.body?.getReader().read();
        viewer.leave();
      } else {
        const playlist = ams.get(`${uri}?user=u`);
        // Segments are made from the first viewer on.
        const active = () => ams.gateway.registry.list(({ state }) => state === 'active');
        await until(() => active().length === 2);
        sendMedia(publisher, { from: 2000, seconds: 8 });
        const { status, text } = await playlist;
        assert.equal(status, 200, text);
        await ams.get('/control/drop/client?protocol=hls');
      }
      const { form: start } = await http.waitFor(called('play'));
      const { form: end } = await http.waitFor(called('play_done'));
      const { app, call, name, addr, user } = start;
      assert.deepEqual(
        { app, call, name, addr, user, protocol: start['protocol'], uri: start['uri'] },
        {
          app: 'http_live',
          call: 'play',
          name: 'lesson',
          addr: '127.0.0.1',
          user: 'u',
          protocol,
          uri,
        },
      );
      assert.ok(Math.abs(Number(start['curTime']) - Date.now() / 1000) < 60, 'Unix seconds');
      assert.equal(end['clientid'], start['clientid']);
      assert.equal(end['name'], undefined);
      assert.equal(end['uri'], uri);
      assert.equal(end['user'], 'u');
      assert.match(end['time']!, /^\d+$/);
      if (protocol !== 'hls') assert.ok(Number(end['totlebyte']) > 0);
      assert.deepEqual(calls(rtmp), ['publish']);
      await publisher.close();
    });
  }

  test('notify_app_style=manual', async (t) => {
    const { ams, rtmp, http } = await startBoth(t, { notify_app_style: 'manual' });
    await ams.publish('lesson');
    (await watchFlv(ams, '/live/lesson.flv')).leave();
    assert.equal((await rtmp.waitFor(called('publish'))).form['app'], 'Live');
    assert.equal((await http.waitFor(called('play'))).form['app'], 'http_Live');
  });

  test('update_publish every update_interval: time, timestamp, totlebyte, dropped; publishers only', async (t) => {
    const { ams, rtmp } = await startBoth(t, { update_interval: 1 });
    await ams.publish('lesson');
    await ams.play('lesson');
    const updates = () => rtmp.received.filter(called('update_publish'));
    await until(() => updates().length >= 2);
    for (const { form } of updates()) {
      assert.equal(form['name'], 'lesson');
      assert.equal(form['timestamp'], '1960');
      assert.ok(Number(form['totlebyte']) > 50 * 400);
      assert.equal(form['dropped'], '0');
      assert.match(form['time']!, /^\d+$/);
    }
    assert.equal(new Set(updates().map(({ form }) => form['clientid'])).size, 1);
    assert.equal(new Set(updates().map(({ form }) => form['event_id'])).size, updates().length);
  });
});

suite('section 3: headers in an answer to a start callback', () => {
  const record = { is_rec: '1', rec_path: '/data/rec', rec_name: 'myrecfile' };

  test('is_rec, rec_path and rec_name reach the session when recording is manual', async (t) => {
    const { ams, rtmp } = await startBoth(t, { enable_rtmp_record_manual: 1 });
    rtmp.answer(answering('publish', { headers: record }));
    await ams.publish('lesson');
    const [session] = ams.gateway.registry.list();
    assert.deepEqual(session?.grant?.record, { now: true, path: '/data/rec', name: 'myrecfile' });
  });

  test('and only then', async (t) => {
    const { ams, rtmp } = await startBoth(t, { enable_rtmp_record_manual: 0 });
    rtmp.answer(answering('publish', { headers: record }));
    await ams.publish('lesson');
    assert.equal(ams.gateway.registry.list()[0]?.grant?.record, undefined);
  });
});

suite('section 3: end callbacks', () => {
  test('told, not asked: any status counts as delivered', async (t) => {
    const { ams, rtmp } = await startBoth(t);
    rtmp.answer(answering('play_done', { status: 500 }));
    await ams.publish('lesson');
    for (let count = 1; count <= 3; count++) {
      await (await ams.play('lesson')).close();
      await until(() => rtmp.received.filter(called('play_done')).length === count);
    }
    await ams.close();
    assert.equal(rtmp.received.filter(called('play_done')).length, 3);
  });

  test('only no answer is repeated, with the same event_id', async (t) => {
    const { ams, rtmp } = await startBoth(t);
    let failures = 2;
    rtmp.answer((callback) => ({
      destroy: callback.form['call'] === 'publish_done' && failures-- > 0,
    }));
    await (await ams.publish('lesson')).close();
    await until(() => rtmp.received.filter(called('publish_done')).length === 3);
    const ids = rtmp.received.filter(called('publish_done')).map(({ form }) => form['event_id']);
    assert.equal(new Set(ids).size, 1);
  });

  test('the session never waits for them', async (t) => {
    const { ams, rtmp } = await startBoth(t, { notify_timeout: 1 });
    rtmp.answer(answering('play_done', { hold: new Promise<void>(() => {}) }));
    const publisher = await ams.publish('lesson');
    const player = await ams.play('lesson');
    await (await ams.play('lesson')).close();
    await rtmp.waitFor(called('play_done'));
    let came = 0;
    player.on('media', () => came++);
    sendMedia(publisher, { from: 2000 });
    await until(() => came >= 100);
    await ams.play('lesson');
  });

  test('a client that vanishes while it is asked about, and is let in after all, has its end', async (t) => {
    const { ams, rtmp, http } = await startBoth(t);
    let release = () => {};
    const hold = new Promise<void>((resolve) => (release = resolve));
    rtmp.answer(answering('play', { hold }));
    http.answer(answering('play', { hold }));
    const player = ams.play('lesson');
    player.catch(() => {});
    const flv = new AbortController();
    fetch(`${ams.http}/live/lesson.flv`, { signal: flv.signal }).catch(() => {});
    const { form } = await rtmp.waitFor(called('play'));
    const { form: overHttp } = await http.waitFor(called('play'));
    flv.abort();
    await ams.get(`/control/drop/client?clientid=${form['clientid']}`);
    await until(() => ams.gateway.registry.list().length === 0);
    release();
    const { form: end } = await rtmp.waitFor(called('play_done'));
    assert.equal(end['clientid'], form['clientid']);
    const { form: endOverHttp } = await http.waitFor(called('play_done'));
    assert.equal(endOverHttp['clientid'], overHttp['clientid']);
    await ams.close();
    assert.equal(rtmp.received.filter(called('play_done')).length, 1);
    assert.equal(http.received.filter(called('play_done')).length, 1);
  });

  test('a client that vanishes and is refused then has none', async (t) => {
    const { ams, rtmp } = await startBoth(t);
    let release = () => {};
    const hold = new Promise<void>((resolve) => (release = resolve));
    rtmp.answer(answering('play', { hold, status: 403 }));
    ams.play('lesson').catch(() => {});
    await rtmp.waitFor(called('play'));
    await ams.get('/control/drop/client');
    release();
    await ams.close();
    assert.deepEqual(calls(rtmp), ['play']);
  });

  test('a client whose connection breaks has its end', async (t) => {
    const { ams, rtmp } = await startBoth(t);
    const signal = new AbortController();
    const player = await connect(`${ams.rtmp}/live/lesson`, { signal: signal.signal });
    await player.play('lesson');
    signal.abort();
    await rtmp.waitFor(called('play_done'));
  });

  test('when the server is stopped, everybody has an end, once', async (t) => {
    const { ams, rtmp, http } = await startBoth(t);
    await ams.publish('lesson');
    for (let count = 0; count < 20; count++) await ams.play('lesson');
    await watchFlv(ams, '/live/lesson.flv');
    await ams.close();
    const ends = rtmp.received.filter(({ form }) => form['call']?.endsWith('_done'));
    assert.equal(ends.length, 21);
    assert.equal(new Set(ends.map(({ form }) => form['clientid'])).size, 21);
    assert.equal(http.received.filter(called('play_done')).length, 1);
  });
});
