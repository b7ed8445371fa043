import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { makeSample, publishFile } from '../helpers/ffmpeg.ts';
import { startTestGateway } from '../helpers/gateway.ts';
import { run } from '../helpers/processes.ts';
import { tempDir } from '../helpers/temp-dir.ts';

suite('pictures of live streams', () => {
  test('ffmpeg makes one of the newest key frame; those who ask again get the same', async (t) => {
    const server = await startTestGateway(t);
    const dir = await tempDir(t);
    const file = await makeSample(t, dir, { seconds: 2 });
    const url = `${server.http}/live/lesson/picture.jpg`;
    assert.equal((await fetch(url)).status, 204, 'of nothing there is no picture');
    const publisher = publishFile(t, file, `${server.rtmp}/lesson`, { pace: 1, loop: -1 });
    await server.streamIs('lesson', 'live');
    await server.ready('lesson');
    const pictures = [];
    for (const answer of await Promise.all([fetch(url), fetch(url)])) {
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get('content-type'), 'image/jpeg');
      assert.equal(answer.headers.get('cross-origin-resource-policy'), 'same-origin');
      pictures.push(answer.headers.get('etag')!);
    }
    assert.equal(pictures[0], pictures[1]);
    const again = await fetch(url, { headers: { 'if-none-match': pictures[0]! } });
    assert.equal(again.status, 304);

    const saved = join(dir, 'picture.jpg');
    await writeFile(saved, Buffer.from(await (await fetch(url)).arrayBuffer()));
    const size = ['-v', 'error', '-show_entries', 'stream=width,height', '-of', 'csv=p=0', saved];
    assert.equal((await run(t, 'ffprobe', size)).trim(), '480,270');

    await publisher.stop();
    await server.streamIs('lesson', 'gone');
    assert.equal((await fetch(url)).status, 204);
    await server.gateway.close();
    assert.equal(existsSync(join(server.folders.state, 'pictures')), false);
  });

  test('where a callback decides who watches there are none', async (t) => {
    const server = await startTestGateway(t, {
      http_notify: 'http://127.0.0.1:9/',
      enable_http_live_s_notify: true,
    });
    const answer = await fetch(`${server.http}/live/lesson/picture.jpg`);
    assert.equal(answer.status, 403);
    const { features } = (await (
      await fetch(`${server.http}/player/assets/addresses.json`)
    ).json()) as { features: object };
    assert.deepEqual(features, { api: true, pictures: false });
  });
});
