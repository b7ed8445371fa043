import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startAmsGateway } from '../helpers/ams-gateway.ts';
import { startCallbackServer, type ReceivedCallback } from '../helpers/callback-server.ts';
import { openScope } from '../helpers/scope.ts';
import { offerText } from '../helpers/sdp-fixtures.ts';

const called = (call: string) => (callback: ReceivedCallback) => callback.form['call'] === call;

test('WHIP and WHEP tell the callbacks who begins and who ends, as protocol webrtc', async (t) => {
  // The receivers go last, or the gateway would wait for them when it ends.
  const receivers = openScope();
  const rtmp = await startCallbackServer(receivers);
  const http = await startCallbackServer(receivers);
  const ams = await startAmsGateway(t, {
    settings: {
      rtmp_notify: rtmp.url,
      http_notify: http.url,
      enable_rtmp_publish_s_notify: 1,
      enable_rtmp_publish_e_notify: 1,
      enable_http_live_s_notify: 1,
      enable_http_live_e_notify: 1,
    },
  });
  t.after(() => receivers.close());

  const ask = async (path: string, offer: Parameters<typeof offerText>[0], token?: string) => {
    const response = await fetch(`${ams.http}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/sdp',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: offerText(offer),
    });
    await response.arrayBuffer();
    return response;
  };
  const leave = async (response: Response): Promise<void> => {
    const url = new URL(response.headers.get('location') ?? '', ams.http);
    assert.equal((await fetch(url, { method: 'DELETE' })).status, 200);
  };
  const shown = ({ form }: ReceivedCallback) => {
    const { call, protocol, app, name, user, token } = form;
    return { call, protocol, app, name, user, token };
  };

  const publisher = await ask('/live/camera/whip?user=teacher', 'obs-31-sendonly', 'secret');
  assert.equal(publisher.status, 201);
  const published = { protocol: 'webrtc', app: 'live', name: 'camera', user: 'teacher' };
  assert.deepEqual(shown(await rtmp.waitFor(called('publish'))), {
    ...{ call: 'publish', ...published, token: 'secret' },
  });
  await leave(publisher);
  assert.deepEqual(shown(await rtmp.waitFor(called('publish_done'))), {
    ...{ call: 'publish_done', ...published, token: 'secret' },
  });

  await ams.publish('lesson');
  const viewer = await ask('/live/lesson/whep?user=pupil', 'chrome-156-recvonly');
  assert.equal(viewer.status, 201);
  const played = { protocol: 'webrtc', app: 'http_live', name: 'lesson', user: 'pupil' };
  assert.deepEqual(shown(await http.waitFor(called('play'))), {
    ...{ call: 'play', ...played, token: undefined },
  });
  await leave(viewer);
  // Over HTTP the name comes with the start only.
  assert.deepEqual(shown(await http.waitFor(called('play_done'))), {
    ...{ call: 'play_done', ...played, name: undefined, token: undefined },
  });

  // Who is refused gets the receiver's no as a sentence, and is never reported as ended.
  http.answer(() => ({ status: 403 }));
  const refused = await ask('/live/lesson/whep', 'chrome-156-recvonly');
  assert.equal(refused.status, 403);
  assert.equal(http.received.filter(called('play_done')).length, 1);
});
