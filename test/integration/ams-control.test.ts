import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import type { RtmpClient } from '../../gateway/relay/rtmp-client.ts';
import { startAmsGateway } from '../helpers/ams-gateway.ts';
import { sendMedia } from '../helpers/rtmp-media.ts';
import { until } from '../helpers/until.ts';

/** Resolves with the `onStatus` code that goes before the end of a connection. */
const lastStatus = (client: RtmpClient) =>
  new Promise<unknown>((resolve) => {
    let last: unknown;
    client.on('status', (info) => (last = info['code']));
    client.on('close', () => resolve(last));
  });

/** Two streams, each with a publisher and an RTMP player; an HTTP-FLV and a WebSocket viewer of the first. */
async function startClass(t: TestContext) {
  const ams = await startAmsGateway(t);
  const first = await ams.publish('first');
  const second = await ams.publish('second');
  const player = await ams.play('first');
  const other = await ams.play('second');
  const flv = await fetch(`${ams.http}/live/first.flv`);
  const webSocket = new WebSocket(`${ams.http.replace('http', 'ws')}/live/first.flv`);
  const closed = new Promise<number>((resolve) =>
    webSocket.addEventListener('close', ({ code }) => resolve(code)),
  );
  const { registry } = ams.gateway;
  await until(() => registry.list(({ state }) => state === 'active').length === 6);
  const idOf = (kind: string, name: string, protocol = 'rtmp') =>
    registry.list(
      ({ details }) =>
        details.kind === kind && details.name === name && details.protocol === protocol,
    )[0]!.details.clientId;
  const names = () =>
    registry.list().map(({ details }) => `${details.kind} ${details.name} ${details.protocol}`);
  return { ams, first, second, player, other, flv, closed, idOf, names };
}

suite('section 4: /control/drop/publisher', () => {
  test('ends the publisher and every player of its stream; answers the publishers ended', async (t) => {
    const { ams, first, player, flv, closed, names } = await startClass(t);
    const statuses = [lastStatus(first), lastStatus(player)];
    assert.equal((await ams.get('/control/drop/publisher?name=first')).text, '1');
    assert.deepEqual(names(), ['publish second rtmp', 'play second rtmp']);
    assert.deepEqual(await Promise.all(statuses), [
      'NetStream.Publish.Failed',
      'NetStream.Play.Failed',
    ]);
    await flv.arrayBuffer();
    assert.equal(await closed, 1008);
  });

  test('by clientid; both must match; nobody matches: 0', async (t) => {
    const { ams, idOf, names } = await startClass(t);
    const id = idOf('publish', 'first');
    const drop = async (query: string) => (await ams.get(`/control/drop/publisher?${query}`)).text;
    assert.equal(await drop(`name=second&clientid=${id}`), '0');
    assert.equal(await drop('clientid=999999'), '0');
    assert.equal(await drop('name=nobody'), '0');
    assert.equal(await drop(`clientid=${idOf('play', 'first')}`), '0', 'a player is no publisher');
    assert.equal(names().length, 6);
    assert.equal(await drop(`name=first&clientid=${id}`), '1');
    assert.equal(names().length, 2);
  });

  test('no parameter: all', async (t) => {
    const { ams, names } = await startClass(t);
    assert.equal((await ams.get('/control/drop/publisher')).text, '2');
    assert.deepEqual(names(), []);
  });
});

suite('section 4: /control/drop/client', () => {
  test('by name: every client of that stream, of every protocol, the publisher too', async (t) => {
    const { ams, names } = await startClass(t);
    assert.equal((await ams.get('/control/drop/client?name=first')).text, '4');
    assert.deepEqual(names(), ['publish second rtmp', 'play second rtmp']);
  });

  test('name never matches VOD', async (t) => {
    const { ams, names } = await startClass(t);
    await ams.gateway.registry.open(
      {
        kind: 'play',
        protocol: 'mp4',
        app: 'vod',
        name: 'first',
        clientId: 4711,
        addr: '127.0.0.1',
        args: [],
      },
      () => {},
    );
    assert.equal((await ams.get('/control/drop/client?name=first')).text, '4');
    assert.ok(names().includes('play first mp4'));
    assert.equal((await ams.get('/control/drop/client?clientid=4711')).text, '1');
  });

  test('by addr, clientid and protocol', async (t) => {
    const { ams, idOf, names } = await startClass(t);
    const drop = async (query: string) => (await ams.get(`/control/drop/client?${query}`)).text;
    assert.equal(await drop('addr=192.0.2.1'), '0');
    assert.equal(await drop('addr=127.0.0.1&protocol=ws-flv'), '1');
    assert.equal(await drop('addr=::ffff:127.0.0.1&protocol=flv'), '1');
    assert.equal(await drop(`clientid=${idOf('play', 'second')}`), '1');
    assert.deepEqual(names(), ['publish first rtmp', 'publish second rtmp', 'play first rtmp']);
    assert.equal(await drop('addr=127.0.0.1'), '3');
  });

  test('no parameter: all', async (t) => {
    const { ams, names } = await startClass(t);
    assert.equal((await ams.get('/control/drop/client')).text, '6');
    assert.deepEqual(names(), []);
    await ams.publish('first');
  });

  test('several sessions of one connection are one client', async (t) => {
    const ams = await startAmsGateway(t);
    const publisher = await ams.publish('first');
    await publisher.play('second');
    assert.equal(ams.gateway.registry.list().length, 2);
    assert.equal((await ams.get('/control/drop/client')).text, '1');
    assert.equal(ams.gateway.registry.list().length, 0);
  });
});

suite('section 4: parameters and methods', () => {
  const wrong: [path: string, says: RegExp][] = [
    ['/control/drop/client?nme=first', /no parameter "nme".*Did you mean "name"/],
    ['/control/drop/publisher?addr=127.0.0.1', /no parameter "addr"/],
    ['/control/drop/client?clientid=abc', /clientid must be a whole number, got "abc"/],
    ['/control/drop/client?clientid=-1', /clientid must be a whole number/],
    ['/control/drop/client?addr=localhost', /addr must be an IP address/],
    ['/control/drop/client?protocol=smoke', /protocol must be one of rtmp, hls, flv/],
    ['/control/drop/client?name=a&name=b', /"name" is given more than once/],
    ['/control/drop/client?name=', /"name" is empty/],
    ['/control/record/start?app=live&rec=rec', /name=NAME/],
    ['/control/record/start?app=vod&rec=rec&name=x', /Only app=live/],
    ['/cfg/drop', /clientid=ID/],
    ['/cfg/drop?client=1', /no parameter "client"/],
  ];
  test('unknown, doubled, empty and wrong ones are refused, and nobody is dropped', async (t) => {
    const { ams, names } = await startClass(t);
    for (const [path, says] of wrong) {
      const { status, text } = await ams.get(path);
      assert.equal(status, 400, path);
      assert.match(decodeURIComponent(text), says);
    }
    assert.equal(names().length, 6);
  });

  test('an empty parameter beside a full one counts as not given', async (t) => {
    const { ams } = await startClass(t);
    assert.equal((await ams.get('/control/drop/client?name=first&addr=&clientid=')).text, '4');
  });

  test('GET only', async (t) => {
    const { ams, names } = await startClass(t);
    for (const path of [
      '/control/drop/client',
      '/control/drop/publisher',
      '/cfg/drop?clientid=1',
    ]) {
      for (const method of ['POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']) {
        const { status, headers } = await fetch(ams.http + path, { method });
        assert.equal(status, 405, `${method} ${path}`);
        assert.equal(headers.get('allow'), 'GET');
      }
    }
    assert.equal(names().length, 6);
  });

  test('Accept: application/json gets JSON from every call', async (t) => {
    const { ams, idOf } = await startClass(t);
    const id = idOf('play', 'first', 'flv');
    assert.deepEqual(await ams.json(`/cfg/drop?clientid=${id}`), { result: 'OK' });
    const again = (await ams.json(`/cfg/drop?clientid=${id}`)) as Record<string, unknown>;
    assert.equal(again['result'], 'FAILED');
    assert.equal(again['code'], 'not_found');
    const ended = { result: 'OK', ended: 1 };
    assert.deepEqual(await ams.json('/control/drop/client?protocol=ws-flv'), ended);
    assert.deepEqual(await ams.json('/control/drop/publisher'), { result: 'OK', ended: 2 });
    const wrong = (await ams.json('/control/drop/client?x=1')) as Record<string, unknown>;
    assert.deepEqual([wrong['result'], wrong['code']], ['FAILED', 'bad_parameter']);
  });
});

suite('section 4: /cfg/drop', () => {
  test('ends one HTTP client: result=OK, then result=FAILED', async (t) => {
    const { ams, flv, idOf, names } = await startClass(t);
    const id = idOf('play', 'first', 'flv');
    assert.equal((await ams.get(`/cfg/drop?clientid=${id}`)).text, 'result=OK');
    await flv.arrayBuffer();
    assert.equal(names().length, 5);
    assert.equal((await ams.get(`/cfg/drop?clientid=${id}`)).text, 'result=FAILED');
  });

  test('RTMP clients are not its business', async (t) => {
    const { ams, idOf, names } = await startClass(t);
    const id = idOf('play', 'first');
    assert.equal((await ams.get(`/cfg/drop?clientid=${id}`)).text, 'result=FAILED');
    assert.equal(names().length, 6);
  });

  test('an HLS client that was dropped is refused from then on and must start again', async (t) => {
    const ams = await startAmsGateway(t, { settings: { hls_fragment: 1 } });
    const publisher = await ams.publish('lesson');
    const { registry } = ams.gateway;
    const playlist = fetch(`${ams.http}/lesson/index.m3u8`);
    const viewers = () => registry.list(({ details }) => details.protocol === 'hls');
    await until(() => viewers()[0]?.state === 'active');
    sendMedia(publisher, { from: 2000, seconds: 8 });
    const response = await playlist;
    const own = response.url;
    assert.equal(response.status, 200);
    // What the player asks for from then on: the addresses in its own playlist.
    const line = (await response.text()).split('\n').find((entry) => /^[^#\s]/.test(entry))!;
    const next = new URL(line, own).href;
    assert.equal((await fetch(next)).status, 200);
    const id = viewers()[0]!.details.clientId;
    assert.equal((await ams.get(`/cfg/drop?clientid=${id}`)).text, 'result=OK');
    assert.ok([403, 410].includes((await fetch(next)).status));
    assert.equal(viewers().length, 0);
    assert.equal((await fetch(`${ams.http}/lesson/index.m3u8`)).status, 200);
    assert.equal(viewers().length, 1);
  });
});

suite('section 4: /control/record', () => {
  test('a stream that is not live: a clear sentence', async (t) => {
    const ams = await startAmsGateway(t);
    const { status, text } = await ams.get('/control/record/start?app=live&rec=rec&name=lesson');
    assert.equal(status, 404);
    assert.equal(text, 'There is no live stream "lesson".');
  });
});
