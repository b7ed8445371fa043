import assert from 'node:assert/strict';
import { connect as connectTcp } from 'node:net';
import { once } from 'node:events';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { startAmsGateway } from '../helpers/ams-gateway.ts';
import { startCallbackServer } from '../helpers/callback-server.ts';
import { sendMedia } from '../helpers/rtmp-media.ts';
import { freePort } from '../helpers/free-port.ts';
import { until } from '../helpers/until.ts';

/** The contract's table, in its order, with its defaults (ports and folders are the test's own). */
const table: [key: string, value: string | undefined][] = [
  ['hls_fragment', '2'],
  ['hls_playlist_length', '4'],
  ['rtmp_port', undefined],
  ['http_port', undefined],
  ['http_notify', ''],
  ['rtmp_notify', ''],
  ['enable_http_vod_s_notify', '0'],
  ['enable_http_vod_e_notify', '0'],
  ['enable_http_live_s_notify', '0'],
  ['enable_http_live_e_notify', '0'],
  ['enable_rtmp_vod_s_notify', '0'],
  ['enable_rtmp_vod_e_notify', '0'],
  ['enable_rtmp_live_s_notify', '0'],
  ['enable_rtmp_live_e_notify', '0'],
  ['enable_rtmp_publish_s_notify', '0'],
  ['enable_rtmp_publish_e_notify', '0'],
  ['enable_rtmp_update_notify', '0'],
  ['allow_addr', 'all'],
  ['record_path', undefined],
  ['upload_path', undefined],
  ['enable_rtmp_record_process', '1'],
  ['enable_rtmp_record_manual', '0'],
  ['enable_http_upload_process', '1'],
  ['update_interval', '30'],
  ['org', '1'],
  ['rtmp_org_addr', ''],
  ['http_org_addr', ''],
];

const saved = (text: string, key: string) => new URLSearchParams(text).get(key);

suite('section 2: POST /cfg/get|set|reload', () => {
  test('only POST does anything: 405 with Allow: POST', async (t) => {
    const ams = await startAmsGateway(t);
    for (const name of ['get', 'set', 'reload']) {
      for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
        const { status, headers } = await fetch(`${ams.http}/cfg/${name}`, { method });
        assert.equal(status, 405, `${method} /cfg/${name}`);
        assert.equal(headers.get('allow'), 'POST');
      }
    }
  });

  test('get: one form string, the keys in the order of the table, with its defaults', async (t) => {
    const ams = await startAmsGateway(t, { settings: { enable_rtmp_record_manual: 0 } });
    const { status, text } = await ams.post('/cfg/get');
    assert.equal(status, 200);
    const pairs = text.split('&').map((pair) => pair.split('='));
    assert.deepEqual(
      pairs.slice(0, table.length).map(([key]) => key),
      table.map(([key]) => key),
    );
    for (const [key, value] of table) {
      if (value !== undefined) assert.equal(saved(text, key), value, key);
    }
    assert.equal(saved(text, 'record_path'), ams.folders.media);
    assert.equal(saved(text, 'upload_path'), join(ams.folders.media, 'upload'));
    assert.ok(pairs.length > table.length, 'keys of our own come after these');
  });

  test('get: values stand raw; only what would break parsing is percent-encoded', async (t) => {
    const ams = await startAmsGateway(t);
    const address = 'http://127.0.0.1:8080/a/课?x=1&y=b#c+%';
    const folder = encodeURIComponent('/tmp/a b');
    const form = `rtmp_notify=${encodeURIComponent(address)}&record_path=${folder}`;
    assert.equal((await ams.post('/cfg/set', form)).text, 'result=OK');
    const { text } = await ams.post('/cfg/get');
    assert.ok(
      text.includes('&rtmp_notify=http://127.0.0.1:8080/a/%E8%AF%BE?x%3D1%26y%3Db%23c%2B%25&'),
      text,
    );
    assert.ok(text.includes('&record_path=/tmp/a%20b&'), text);
    assert.equal(saved(text, 'rtmp_notify'), address);
  });

  test('set takes one or many keys; nothing takes effect until reload', async (t) => {
    const ams = await startAmsGateway(t);
    const { status, text } = await ams.post('/cfg/set', 'max_client=77&update_interval=5');
    assert.deepEqual([status, text], [200, 'result=OK']);
    const { text: shown } = await ams.post('/cfg/get');
    assert.equal(saved(shown, 'max_client'), '77');
    assert.equal(saved(shown, 'update_interval'), '5');
    assert.match((await ams.get('/stat/sys')).text, /max_client="10000"/);
    assert.equal((await ams.post('/cfg/reload')).text, 'result=OK');
    assert.match((await ams.get('/stat/sys')).text, /max_client="77"/);
  });

  test('set validates all keys first and changes nothing when one is wrong', async (t) => {
    const ams = await startAmsGateway(t);
    const { text: before } = await ams.post('/cfg/get');
    const wrong: [form: string, names: RegExp][] = [
      ['max_client=5&update_interval=soon', /update_interval must be/],
      ['max_client=5&hls_fragmnt=3', /no configuration key "hls_fragmnt".*hls_fragment/],
      ['max_client=5&max_client=6', /max_client is given more than once/],
      ['max_client=5&rtmp_notify=ftp://x/', /rtmp_notify must be/],
      ['max_client=5&allow_addr=10.0.0.300', /allow_addr must be/],
      ['max_client=5&record_path=relative', /record_path must be/],
      ['max_client=5&org=0', /org must be 1/],
      ['max_client=5&rtmp_port=70000', /rtmp_port must be/],
    ];
    for (const [form, names] of wrong) {
      const { status, text } = await ams.post('/cfg/set', form);
      assert.equal(status, 400, form);
      assert.match(text, /^result=FAILED&error=[!-~]+$/);
      assert.match(saved(text, 'error') ?? '', names);
    }
    assert.equal((await ams.post('/cfg/set', '')).status, 400);
    assert.equal((await ams.post('/cfg/get')).text, before);
  });

  test('enabled with an empty address: set refuses it', async (t) => {
    const ams = await startAmsGateway(t);
    for (const [key] of table.filter(([name]) => /^enable_.*_notify$/.test(name))) {
      const { status, text } = await ams.post('/cfg/set', `${key}=1`);
      assert.equal(status, 400, key);
      assert.match(saved(text, 'error') ?? '', new RegExp(`^${key} is 1 but (rtmp|http)_notify`));
    }
    const both = 'rtmp_notify=http://127.0.0.1:1/&enable_rtmp_publish_s_notify=1';
    assert.equal((await ams.post('/cfg/set', both)).text, 'result=OK');
    assert.equal((await ams.post('/cfg/set', 'rtmp_notify=')).status, 400);
  });

  test('a key that a flag fixes cannot be set, and says which; get shows the value in force', async (t) => {
    const ams = await startAmsGateway(t, { fixed: { max_client: 42 } });
    const { status, text } = await ams.post('/cfg/set', 'max_client=43');
    assert.equal(status, 400);
    assert.match(saved(text, 'error') ?? '', /max_client cannot be set: --max_client fixes it/);
    assert.equal(saved((await ams.post('/cfg/get')).text, 'max_client'), '42');
  });

  test('what get shows can be sent back whole', async (t) => {
    const ams = await startAmsGateway(t);
    const { text } = await ams.post('/cfg/get');
    assert.equal((await ams.post('/cfg/set', text)).text, 'result=OK');
    assert.equal((await ams.post('/cfg/get')).text, text);
  });

  test('unknown parameter names are refused', async (t) => {
    const ams = await startAmsGateway(t);
    for (const name of ['get', 'reload']) {
      assert.equal((await ams.post(`/cfg/${name}`, 'now=1')).status, 400);
      assert.equal((await ams.post(`/cfg/${name}?now=1`)).status, 400);
    }
    assert.equal((await ams.post('/cfg/set?max_client=5', 'max_stream=6')).status, 400);
  });

  test('JSON in and out', async (t) => {
    const ams = await startAmsGateway(t, { settings: { enable_rtmp_record_manual: 0 } });
    const json = { 'content-type': 'application/json', accept: 'application/json' };
    const body = { max_client: 12, enable_rtmp_record_manual: true, mask_args: ['pin', 'token'] };
    const set = await ams.post('/cfg/set', JSON.stringify(body), json);
    assert.deepEqual(JSON.parse(set.text), { result: 'OK' });
    const shown = (await ams.post('/cfg/get', '', json)).text;
    const values = JSON.parse(shown) as Record<string, unknown>;
    assert.equal(values['max_client'], 12);
    assert.equal(values['enable_rtmp_record_manual'], 1);
    assert.equal(values['mask_args'], 'pin,token');
    assert.equal(values['allow_addr'], 'all');
    assert.deepEqual(JSON.parse((await ams.post('/cfg/set', shown, json)).text), { result: 'OK' });

    const reloaded = JSON.parse((await ams.post('/cfg/reload', '', json)).text) as object;
    assert.deepEqual(reloaded, {
      result: 'OK',
      applied: ['enable_rtmp_record_manual', 'max_client', 'mask_args'],
      restart: [],
    });
    const wrong = await ams.post('/cfg/set', '{"max_client":[1]}', json);
    assert.equal(wrong.status, 400);
    assert.equal((JSON.parse(wrong.text) as { result: string }).result, 'FAILED');
    assert.equal((await ams.post('/cfg/set', '{', json)).status, 400);
    assert.equal((await ams.post('/cfg/set', '[]', json)).status, 400);
  });

  test('a body that is too long, or of another type, is refused', async (t) => {
    const ams = await startAmsGateway(t);
    assert.equal((await ams.post('/cfg/set', `a=${'x'.repeat(300_000)}`)).status, 413);
    const xml = { 'content-type': 'text/xml' };
    assert.equal((await ams.post('/cfg/set', '<a/>', xml)).status, 415);
  });
});

suite('section 2: saved and running configuration', () => {
  test('set writes both; reset puts the running one back while get shows the saved one', async (t) => {
    const ams = await startAmsGateway(t);
    await ams.configure({ max_client: 55 });
    await ams.store.reset();
    assert.equal(saved((await ams.post('/cfg/get')).text, 'max_client'), '55');
    const { config } = await ams.store.load();
    assert.equal(config.max_client, 10_000);
    assert.equal(saved((await ams.post('/cfg/get')).text, 'max_client'), '55');
    await ams.post('/cfg/set', 'max_stream=9');
    const { config: again } = await ams.store.load();
    assert.deepEqual([again.max_client, again.max_stream], [55, 9]);
  });

  test('a saved file that was broken by hand is named by get and set alike', async (t) => {
    const ams = await startAmsGateway(t);
    await writeFile(join(ams.folders.state, 'ams.saved.json'), '{broken');
    for (const answer of [await ams.post('/cfg/get'), await ams.post('/cfg/set', 'org=1')]) {
      assert.equal(answer.status, 500);
      assert.match(decodeURIComponent(answer.text), /ams\.saved\.json is not valid JSON/);
    }
    assert.ok(!ams.log.some((line) => /failed/.test(line)), 'it is no failure of the server');
  });

  test('many set calls at the same time leave one whole file', async (t) => {
    const ams = await startAmsGateway(t);
    const keys = ['max_client', 'max_stream', 'update_interval', 'publish_timeout'];
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        ams.post('/cfg/set', `${keys[index % 4]}=${100 + index}`),
      ),
    );
    const { text } = await ams.post('/cfg/get');
    for (const key of keys) assert.match(saved(text, key) ?? '', /^1[01]\d$/);
    const files = (await readdir(ams.folders.state)).filter((name) => name.endsWith('.json'));
    for (const name of files) {
      JSON.parse(await readFile(join(ams.folders.state, name), 'utf8'));
    }
    assert.equal(
      (await readdir(ams.folders.state)).some((name) => name.includes('tmp')),
      false,
    );
  });
});

suite('section 2: reload', () => {
  test('a port moves: connections that exist go on, the old address accepts no more', async (t) => {
    const ams = await startAmsGateway(t);
    const publisher = await ams.publish('lesson');
    const player = await ams.play('lesson');
    const before = ams.gateway.ports.rtmp;
    const port = await freePort();
    await ams.configure({ rtmp_port: port });
    assert.equal(ams.gateway.ports.rtmp, port);

    const refused = connectTcp(before, '127.0.0.1');
    const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'ECONNREFUSED');
    const more = await ams.play('lesson');
    let came = 0;
    player.on('media', () => came++);
    sendMedia(publisher, { from: 2000 });
    await until(() => came >= 100);
    await more.close();
  });

  test('a port that is taken: result=FAILED says so, and nothing else stops', async (t) => {
    const ams = await startAmsGateway(t);
    const other = await startCallbackServer(t);
    const taken = new URL(other.url).port;
    await ams.post('/cfg/set', `rtmp_port=${taken}`);
    const { status, text } = await ams.post('/cfg/reload');
    assert.equal(status, 400);
    assert.match(saved(text, 'error') ?? '', new RegExp(taken));
    await ams.publish('lesson');
  });

  test('the answer says what was applied', async (t) => {
    const ams = await startAmsGateway(t);
    await ams.post('/cfg/set', 'max_client=9&hls_fragment=3');
    const { text, headers } = await ams.post('/cfg/reload');
    assert.equal(text, 'result=OK');
    assert.equal(headers.get('ams-applied'), 'hls_fragment,max_client');
  });

  test('notify addresses change at once', async (t) => {
    const [first, second] = [await startCallbackServer(t), await startCallbackServer(t)];
    const settings = { rtmp_notify: first.url, enable_rtmp_publish_s_notify: 1 };
    const ams = await startAmsGateway(t, { settings });
    await ams.publish('one');
    await ams.configure({ rtmp_notify: second.url });
    await ams.publish('two');
    assert.deepEqual(
      first.received.map(({ form }) => form['name']),
      ['one'],
    );
    assert.deepEqual(
      second.received.map(({ form }) => form['name']),
      ['two'],
    );
  });
});
