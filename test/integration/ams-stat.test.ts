import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { StatReport, StatSystem } from '../../shared/stat.ts';
import { startAmsGateway, type AmsGateway } from '../helpers/ams-gateway.ts';
import { sendFrame, sendMedia } from '../helpers/rtmp-media.ts';
import { elementsOf, parseStrictXml, type XmlElement } from '../helpers/strict-xml.ts';
import { until } from '../helpers/until.ts';

const xml = async (ams: AmsGateway, path: string) => parseStrictXml((await ams.get(path)).text);
const report = async (ams: AmsGateway, path: string) => (await ams.json(path)) as StatReport;
const system = async (ams: AmsGateway) => (await ams.json('/stat/sys')) as StatSystem;
const namesOf = ({ attributes }: XmlElement) => Object.keys(attributes);

/** A viewer of a file, as the VOD servers register one. */
const openFile = (ams: AmsGateway, name: string, protocol: 'rtmp' | 'mp4') =>
  ams.gateway.registry.open(
    {
      kind: 'play',
      protocol,
      app: 'vod',
      name,
      clientId: ams.gateway.registry.nextClientId(),
      addr: '127.0.0.1',
      args: [['user', 'u']],
    },
    () => {},
  );

suite('section 5: /stat/sys', () => {
  test('<sta> with exactly these attributes, in the manual’s order, and rtmp_play_cn', async (t) => {
    const ams = await startAmsGateway(t);
    const { status, text, headers } = await ams.get('/stat/sys');
    assert.equal(status, 200);
    assert.match(headers.get('content-type') ?? '', /^text\/xml/);
    assert.equal(
      text,
      '<?xml version="1.0" encoding="UTF-8"?><sta max_client="10000" max_stream="10000" ' +
        'http_kbps="0" http_live_cn="0" http_vod_cn="0" rtmp_out_kbps="0" rtmp_in_kbps="0" ' +
        'rtmp_vod_cn="0" rtmp_live_cn="0" rtmp_publish_cn="0" rtmp_play_cn="0"/>',
    );
  });

  test('counts clients by what they are', async (t) => {
    const ams = await startAmsGateway(t);
    await ams.publish('a');
    await ams.publish('b');
    await ams.play('a');
    await ams.play('a');
    await ams.play('b');
    void fetch(`${ams.http}/live/a.flv`).catch(() => {});
    await openFile(ams, 'f.mp4', 'rtmp');
    await openFile(ams, 'f.mp4', 'mp4');
    await openFile(ams, 'g.mp4', 'mp4');
    await until(() => ams.gateway.registry.list().length === 9);
    const { attributes } = await xml(ams, '/stat/sys');
    assert.equal(attributes['rtmp_publish_cn'], '2');
    assert.equal(attributes['rtmp_live_cn'], '3');
    assert.equal(attributes['rtmp_play_cn'], '3');
    assert.equal(attributes['http_live_cn'], '1');
    assert.equal(attributes['rtmp_vod_cn'], '1');
    assert.equal(attributes['http_vod_cn'], '2');
    const { viewers, rtmp_live_cn } = await system(ams);
    assert.equal(rtmp_live_cn, 3);
    assert.deepEqual(viewers, { rtmp: 4, flv: 1, mp4: 2 });
  });

  test('kbps are rates of now, in and out apart', async (t) => {
    const ams = await startAmsGateway(t);
    const publisher = await ams.publish('lesson');
    await ams.play('lesson');
    void fetch(`${ams.http}/live/lesson.flv`).then((response) => response.arrayBuffer());
    await until(() => ams.gateway.registry.list().length === 3);
    let frame = 0;
    const send = () => {
      for (let burst = 0; burst < 5; burst++)
        sendFrame(publisher, 2000 + frame * 40, frame++, 5000);
    };
    await until(async () => {
      send();
      const { rtmp_in_kbps, rtmp_out_kbps, http_kbps } = await system(ams);
      return rtmp_in_kbps > 100 && rtmp_out_kbps > 100 && http_kbps > 100;
    });
  });
});

suite('section 5: /stat/all|live|vod|channel', () => {
  const streamAttributes = [
    'name',
    'active',
    'time',
    'bw_in',
    'bytes_in',
    'bw_out',
    'bytes_out',
    'bw_audio',
    'bw_video',
    'publishing',
  ];

  test('live: server › application › live › stream › client, with these attributes', async (t) => {
    const ams = await startAmsGateway(t);
    await ams.publish('lesson?user=teacher', { appQuery: '?school=s' });
    await ams.play('lesson?user=pupil');
    const root = await xml(ams, '/stat/live');
    assert.equal(root.name, 'stat');
    assert.deepEqual(
      root.children.map(({ name }) => name),
      ['server'],
    );
    const [application, ...more] = root.children[0]!.children;
    assert.equal(more.length, 0);
    assert.deepEqual(
      [application?.name, application?.attributes],
      ['application', { name: 'live' }],
    );
    const [live] = application!.children;
    assert.equal(live?.name, 'live');
    const [stream] = live.children;
    assert.equal(stream?.name, 'stream');
    assert.deepEqual(namesOf(stream), streamAttributes);
    assert.equal(stream.attributes['name'], 'lesson');
    assert.equal(stream.attributes['active'], '1');
    assert.equal(stream.attributes['publishing'], '1');

    const [publisher, player] = stream.children;
    assert.deepEqual(namesOf(publisher!), [
      'id',
      'address',
      'time',
      'totlebyte',
      'timestamp',
      'dropped',
      'publishing',
      'active',
      'protocol',
      'school',
      'user',
    ]);
    assert.equal(publisher?.attributes['publishing'], '1');
    assert.equal(publisher.attributes['timestamp'], '1960', 'ms');
    assert.equal(publisher.attributes['address'], '127.0.0.1');
    assert.equal(publisher.attributes['protocol'], 'rtmp');
    assert.equal(publisher.attributes['school'], 's');
    assert.equal(publisher.attributes['user'], 'teacher');
    assert.equal(player?.attributes['publishing'], '0');
    assert.equal(player.attributes['user'], 'pupil');
    const session = ams.gateway.registry.list(({ details }) => details.kind === 'play')[0]!;
    assert.equal(player.attributes['id'], String(session.details.clientId));
  });

  test('time is ms, bw_in = bw_audio + bw_video in bit/s, bytes are what was carried', async (t) => {
    const ams = await startAmsGateway(t);
    const publisher = await ams.publish('lesson');
    await ams.play('lesson');
    sendMedia(publisher, { from: 2000, seconds: 2 });
    const bytesIn = () => ams.gateway.hub.find('lesson')!.counters;
    await until(() => bytesIn().videoFrames === 100);
    await until(async () => Number(await streamAttribute(ams, 'time')) >= 1000);
    const { attributes } = elementsOf(await xml(ams, '/stat/live'), 'stream')[0]!;
    const number = (name: string) => Number(attributes[name]);
    assert.equal(number('bw_in'), number('bw_audio') + number('bw_video'));
    assert.ok(number('bw_audio') > 0 && number('bw_video') > number('bw_audio'));
    const { videoBytes, audioBytes } = bytesIn();
    assert.equal(number('bytes_in'), videoBytes + audioBytes);
    assert.ok(number('bytes_out') > 50 * 400);
    // Everything came within the window of 5 s.
    assert.ok(number('bw_in') >= (number('bytes_in') * 8) / 6);
  });

  test('vod: application vod › play › stream name active › client without dropped and publishing', async (t) => {
    const ams = await startAmsGateway(t);
    await ams.publish('lesson');
    await openFile(ams, '课/一.mp4', 'mp4');
    const root = await xml(ams, '/stat/vod');
    const applications = elementsOf(root, 'application');
    assert.deepEqual(
      applications.map(({ attributes }) => attributes),
      [{ name: 'vod' }],
    );
    const [play] = applications[0]!.children;
    assert.equal(play?.name, 'play');
    const [stream] = play.children;
    assert.deepEqual(stream?.attributes, { name: '课/一.mp4', active: '1' });
    assert.deepEqual(namesOf(stream.children[0]!), [
      'id',
      'address',
      'time',
      'totlebyte',
      'timestamp',
      'active',
      'protocol',
      'user',
    ]);
  });

  test('all: both applications; channel: the live part without clients', async (t) => {
    const ams = await startAmsGateway(t);
    await ams.publish('lesson');
    await openFile(ams, 'f.mp4', 'mp4');
    const applications = (root: XmlElement) =>
      elementsOf(root, 'application').map(({ attributes }) => attributes['name']);
    const all = await xml(ams, '/stat/all');
    assert.deepEqual(applications(all), ['live', 'vod']);
    assert.equal(elementsOf(all, 'client').length, 2);
    const channel = await xml(ams, '/stat/channel');
    assert.deepEqual(applications(channel), ['live']);
    assert.equal(elementsOf(channel, 'stream').length, 1);
    assert.deepEqual(namesOf(elementsOf(channel, 'stream')[0]!), streamAttributes);
    assert.equal(elementsOf(channel, 'client').length, 0);
  });

  test('arguments that look like secrets show as ***, in stat and in the log; mask_args rules', async (t) => {
    const ams = await startAmsGateway(t);
    await ams.publish('lesson?token=s3cret&access_key=s3cret&user=u', { appQuery: '?pwd=s3cret' });
    const [client] = elementsOf(await xml(ams, '/stat/live'), 'client');
    const { token, access_key, pwd, user } = client!.attributes;
    assert.deepEqual(
      { token, access_key, pwd, user },
      { token: '***', access_key: '***', pwd: '***', user: 'u' },
    );
    assert.ok(!JSON.stringify(await report(ams, '/stat/live')).includes('s3cret'));
    assert.ok(!ams.log.join('').includes('s3cret'), ams.log.join(''));
    await ams.configure({ mask_args: 'user' });
    const [again] = elementsOf(await xml(ams, '/stat/live'), 'client');
    assert.deepEqual([again?.attributes['token'], again?.attributes['user']], ['s3cret', '***']);
  });

  test('hostile arguments leave the XML well-formed', async (t) => {
    const ams = await startAmsGateway(t);
    const hostile = [
      ['"><client id="1"/>', '"/><x y="'],
      ['a<b', '<![CDATA[x]]>'],
      ['id', '0'],
      ['id', '1'],
      ['xmlns:x', 'y'],
      ['1', '&amp;&#0;&lt;'],
      ['', 'no name'],
      ['课', '堂\u0000\u0008\u001f\ufffe'],
      ['line', 'a\r\nb\tc'],
      ['lone', '\ud800'],
      ['active', '"'],
    ] as const;
    await ams.gateway.registry.open(
      {
        kind: 'play',
        protocol: 'rtmp',
        app: 'live',
        name: 'x',
        clientId: 99,
        addr: '192.0.2.1',
        args: hostile,
      },
      () => {},
    );
    const clients = elementsOf(await xml(ams, '/stat/all'), 'client');
    assert.equal(clients.length, 1);
    const { attributes } = clients[0]!;
    assert.equal(attributes['id'], '99');
    assert.equal(attributes['arg_id'], '0');
    assert.equal(attributes['_1'], '&amp;&#0;&lt;');
    assert.equal(attributes['line'], 'a\r\nb\tc');
    assert.equal(attributes['arg_active'], '"');
  });

  test('JSON on Accept: the same, with tracks, viewers and arguments', async (t) => {
    const ams = await startAmsGateway(t);
    await ams.publish('lesson');
    await ams.play('lesson?user=u');
    await ams.play('waiting');
    const { live, vod } = await report(ams, '/stat/live');
    assert.equal(vod, undefined);
    assert.deepEqual(
      live?.map(({ name }) => name),
      ['lesson', 'waiting'],
    );
    const [lesson, waiting] = live;
    assert.equal(lesson?.publishing, true);
    assert.deepEqual(lesson.viewers, { rtmp: 1 });
    const { frameRate, ...video } = lesson.video!;
    assert.ok(frameRate === null || frameRate > 0);
    assert.deepEqual(video, {
      codec: 'h264',
      profile: 'High 3.0',
      width: 640,
      height: 360,
      keyFrameInterval: 1,
      bFrames: false,
      variableFrameRate: false,
    });
    assert.deepEqual(lesson.audio, {
      codec: 'aac',
      profile: 'LC',
      sampleRate: 44100,
      channels: 2,
      gaps: 0,
      drift: null,
    });
    assert.deepEqual(lesson.warnings, []);
    assert.deepEqual(
      lesson.clients?.map(({ publishing }) => publishing),
      [true, false],
    );
    assert.deepEqual(lesson.clients[1]?.args, [['user', 'u']]);
    assert.deepEqual(
      [waiting?.publishing, waiting?.active, waiting?.video, waiting?.viewers],
      [false, false, null, { rtmp: 1 }],
    );
    const channel = await report(ams, '/stat/channel');
    assert.equal(channel.live?.[0]?.clients, undefined);
    const all = await report(ams, '/stat/all');
    assert.deepEqual(all.vod, []);
  });

  test('a stream that is over is no more in it', async (t) => {
    const ams = await startAmsGateway(t);
    const publisher = await ams.publish('lesson');
    await publisher.close();
    await until(async () => (await report(ams, '/stat/live')).live?.length === 0);
  });

  test('only GET; /stat never changes anything', async (t) => {
    const ams = await startAmsGateway(t);
    await ams.publish('lesson');
    for (const path of [
      '/stat',
      '/stat/sys',
      '/stat/all',
      '/stat/live',
      '/stat/vod',
      '/stat/channel',
    ]) {
      for (const method of ['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS']) {
        const { status, headers } = await fetch(ams.http + path, { method });
        assert.equal(status, 405, `${method} ${path}`);
        assert.equal(headers.get('allow'), 'GET');
      }
      assert.equal((await ams.get(`${path}?name=lesson&clientid=1`)).status, 200);
    }
    assert.equal(ams.gateway.registry.list().length, 1);
  });
});

suite('section 5: /stat, /metrics, /healthz', () => {
  test('/stat is a page that needs nothing from elsewhere', async (t) => {
    const ams = await startAmsGateway(t);
    const { status, text, headers } = await ams.get('/stat');
    assert.equal(status, 200);
    assert.match(headers.get('content-type') ?? '', /^text\/html/);
    assert.match(text, /^<!doctype html>/i);
    assert.match(
      headers.get('content-security-policy') ?? '',
      /^default-src 'none'; .*connect-src 'self'/,
    );
    assert.doesNotMatch(text, /(src|href)="?(https?:)?\/\//);
  });

  test('/metrics is what Prometheus reads', async (t) => {
    const ams = await startAmsGateway(t);
    await ams.publish('lesson');
    const { text, headers } = await ams.get('/metrics');
    assert.match(headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
    for (const line of text.trimEnd().split('\n')) {
      assert.match(
        line,
        /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? [0-9.e+-]+)$/,
      );
    }
    assert.match(
      text,
      /^ams_sessions\{kind="publish",protocol="rtmp",app="live",state="active"\} 1$/m,
    );
    assert.match(text, /^ams_streams\{state="live"\} 1$/m);
    assert.match(text, /^ams_sessions_started_total\{kind="publish",protocol="rtmp"\} 1$/m);
  });

  test('/healthz', async (t) => {
    const ams = await startAmsGateway(t);
    const { status, text } = await ams.get('/healthz');
    assert.deepEqual([status, text], [200, 'ok\n']);
    assert.equal((await fetch(`${ams.http}/healthz`, { method: 'HEAD' })).status, 200);
    assert.equal((await fetch(`${ams.http}/healthz`, { method: 'POST' })).status, 405);
  });
});

async function streamAttribute(ams: AmsGateway, name: string): Promise<string | undefined> {
  return elementsOf(await xml(ams, '/stat/live'), 'stream')[0]?.attributes[name];
}
