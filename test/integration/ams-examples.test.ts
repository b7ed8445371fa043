import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite, test } from 'node:test';
import { RtmpClientError } from '../../gateway/relay/rtmp-client-error.ts';
import { startAmsGateway } from '../helpers/ams-gateway.ts';
import { accepting, freePort } from '../helpers/free-port.ts';
import { start } from '../helpers/processes.ts';
import { openScope, type Scope } from '../helpers/scope.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { until } from '../helpers/until.ts';

const examples = fileURLToPath(new URL('../../docs/examples/', import.meta.url));
const secret = 'a secret of the test';

const receivers: [name: string, command: (port: number) => [string, ...string[]]][] = [
  ['PHP', (port) => ['php', '-S', `127.0.0.1:${port}`, join(examples, 'callback-receiver.php')]],
  ['Node', (port) => [process.execPath, join(examples, 'callback-receiver.mjs'), `${port}`]],
];

/** What a school's site puts behind the stream's name. */
function signed(call: 'publish' | 'play', name: string, user = 'u1', seconds = 60): string {
  const expires = Math.floor(Date.now() / 1000) + seconds;
  const text = `${call}/${name}/${user}/${expires}`;
  const sign = createHmac('sha256', secret).update(text).digest('hex');
  return `user=${user}&expires=${expires}&sign=${sign}`;
}

async function startReceiver(scope: Scope, command: (typeof receivers)[number][1]) {
  const data = await tempDir(scope);
  const port = await freePort();
  const [program, ...args] = command(port);
  const child = start(scope, program, args, {
    env: {
      ...process.env,
      CALLBACK_SECRET: secret,
      CALLBACK_DATA: data,
      CALLBACK_VOD: '/media/vod',
      CALLBACK_RECORDINGS: data,
    },
  });
  await accepting(child, port);
  const events = async () => {
    const folder = join(data, 'events');
    if (!existsSync(folder)) return [];
    const names = await readdir(folder);
    const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
    return texts
      .filter((text) => text !== '')
      .map((text) => JSON.parse(text) as Record<string, string>);
  };
  return { url: `http://127.0.0.1:${port}/`, data, events };
}

const refusedWith = (status: string) => (error: unknown) =>
  error instanceof RtmpClientError && error.status === status;

for (const [language, command] of receivers) {
  const skip = language === 'PHP' && !existsSync('/usr/bin/php') ? 'PHP is not installed' : false;
  suite(`docs/examples: the callback receiver in ${language}`, { skip }, () => {
    test('lets in by signature, orders recordings, names files, writes ends down once', async (t) => {
      const last = openScope();
      const { url, data, events } = await startReceiver(last, command);
      const ams = await startAmsGateway(t, {
        settings: {
          rtmp_notify: url,
          http_notify: url,
          enable_rtmp_publish_s_notify: 1,
          enable_rtmp_publish_e_notify: 1,
          enable_rtmp_live_s_notify: 1,
          enable_rtmp_live_e_notify: 1,
          enable_http_live_s_notify: 1,
          enable_http_vod_s_notify: 1,
          enable_rtmp_record_manual: 1,
          enable_rtmp_record_process: 0,
        },
      });
      t.after(() => last.close());

      await assert.rejects(ams.publish('lesson-1'), refusedWith('NetStream.Publish.BadName'));
      const wrong = [signed('play', 'lesson-1'), signed('publish', 'lesson-1', 'u1', -60)];
      for (const query of wrong) {
        const refused = refusedWith('NetStream.Publish.BadName');
        await assert.rejects(ams.publish(`lesson-1?${query}`), refused);
      }
      const publisher = await ams.publish(`lesson-1?${signed('publish', 'lesson-1')}`);
      const { registry } = ams.gateway;
      const record = { now: true, path: data, name: 'lesson-1' };
      assert.deepEqual(registry.list()[0]?.grant?.record, record);
      await ams.publish(`chat?${signed('publish', 'chat')}`);
      assert.equal(registry.list()[1]?.grant?.record, undefined);

      await assert.rejects(ams.play('lesson-1'), refusedWith('NetStream.Play.Failed'));
      const player = await ams.play(`lesson-1?${signed('play', 'lesson-1', 'pupil')}`);
      assert.equal((await ams.get('/live/lesson-1.flv')).status, 403);
      const flv = new AbortController();
      const address = `${ams.http}/live/lesson-1.flv?${signed('play', 'lesson-1')}`;
      assert.equal((await fetch(address, { signal: flv.signal })).status, 200);
      flv.abort();

      const query = new URLSearchParams(signed('play', '课.mp4'));
      const { session } = await registry.open(
        {
          kind: 'play',
          protocol: 'mp4',
          app: 'vod',
          name: '课.mp4',
          clientId: registry.nextClientId(),
          addr: '127.0.0.1',
          args: [...query],
          uri: '/课.mp4',
        },
        () => {},
      );
      assert.deepEqual(session.grant, { filename: '/media/vod/课.mp4' });

      await player.close();
      await publisher.close();
      await until(async () => (await events()).length === 2);
      const ended = await events();
      assert.deepEqual(ended.map(({ call, user }) => `${call} ${user}`).sort(), [
        'play_done pupil',
        'publish_done u1',
      ]);
      const again = new URLSearchParams(ended[0]);
      assert.equal((await fetch(url, { method: 'POST', body: again })).status, 200);
      assert.equal((await events()).length, 2, 'a repetition changes nothing');
    });

    test('stores the picture of a finished recording', async (t) => {
      const { url, data, events } = await startReceiver(t, command);
      const picture = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 1, 2, 3, 13, 10, 0xff, 0xd9]);
      const form = new FormData();
      form.set('call', 'record_transfer_done');
      form.set('event_id', randomUUID());
      form.set('filename', 'lesson-1_20260101090000.mp4');
      form.set('streamname', 'lesson-1');
      form.set('file', new Blob([picture], { type: 'image/jpeg' }), 'snapshot.jpg');
      assert.equal((await fetch(url, { method: 'POST', body: form })).status, 200);
      const stored = await readFile(join(data, 'pictures', 'lesson-1_20260101090000.jpg'));
      assert.deepEqual(stored, picture);
      const [event] = await events();
      assert.equal(event?.['streamname'], 'lesson-1');
    });

    test('neither file names nor fields lead out of its folders', async (t) => {
      const { url, data } = await startReceiver(t, command);
      await mkdir(join(data, 'pictures'), { recursive: true });
      const form = new FormData();
      form.set('call', 'upload_transfer_done');
      form.set('event_id', '../../evil');
      form.set('filename', '../../../evil.mp4');
      form.set('file', new Blob(['x']), '../../evil.jpg');
      assert.equal((await fetch(url, { method: 'POST', body: form })).status, 200);
      assert.deepEqual(await readdir(join(data, 'pictures')), ['evil.jpg']);
      const folders = (await readdir(data)).sort();
      assert.deepEqual(folders, ['events', 'pictures']);
      assert.deepEqual(await readdir(join(data, 'events')), []);
    });
  });
}
