import assert from 'node:assert/strict';
import { copyFile, mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { LibraryList } from '../../shared/library-list.ts';
import { startTestGateway, type TestGateway } from '../helpers/gateway.ts';
import { publishNumbered } from '../helpers/numbered-publisher.ts';

const SAMPLE = new URL('../../gateway/library/sample/1.mp4', import.meta.url).pathname;
const PICTURE = new URL('../../gateway/library/sample/1.jpg', import.meta.url).pathname;

const ask = (server: TestGateway, path: string, headers: Record<string, string> = {}) =>
  fetch(server.http + path, { headers: { accept: 'application/json', ...headers } });

async function listOf(server: TestGateway, query = ''): Promise<LibraryList> {
  const answer = await ask(server, `/control/files${query}`);
  assert.equal(answer.status, 200);
  return (await answer.json()) as LibraryList;
}

suite('the list of files', () => {
  test('what can be played by name, newest first, with duration and picture', async (t) => {
    const server = await startTestGateway(t);
    const { media } = server.folders;
    const uploads = server.config.upload_path;
    await mkdir(uploads, { recursive: true });
    await copyFile(SAMPLE, join(media, '数学 课.mp4'));
    await copyFile(SAMPLE, join(media, '数学.mp4'));
    await copyFile(PICTURE, join(media, '数学.jpg'));
    await copyFile(SAMPLE, join(media, '.half.mp4'));
    await writeFile(join(media, 'notes.txt'), 'secret');
    await symlink(join(media, 'notes.txt'), join(media, 'link.mp4'));
    await writeFile(join(uploads, 'broken.mp4'), 'no MP4');
    await copyFile(SAMPLE, join(uploads, '数学.mp4'));
    await utimes(join(media, '数学.mp4'), 2_000_000_000, 2_000_000_000);
    await utimes(join(uploads, 'broken.mp4'), 2_000_000_001, 2_000_000_001);

    const { total, files } = await listOf(server);
    assert.deepEqual(
      files.map(({ name }) => name),
      ['broken.mp4', '数学.mp4', '1.mp4'],
    );
    assert.equal(total, 3);
    const [broken, mathematics, sample] = files;
    assert.equal(broken?.duration, null);
    assert.equal(broken?.poster, null);
    assert.equal(mathematics?.modified, 2_000_000_000_000);
    assert.equal(Math.round(mathematics.duration ?? 0), 60);
    assert.equal(mathematics.state, 'ready');
    for (const file of [mathematics, sample]) {
      const picture = await fetch(server.http + file!.poster!);
      assert.equal(picture.headers.get('content-type'), 'image/jpeg');
      assert.equal(Buffer.from(await picture.arrayBuffer()).readUInt16BE(0), 0xffd8);
      const played = await fetch(server.http + file!.url, { method: 'HEAD' });
      assert.equal(played.headers.get('content-length'), String(file!.size));
    }

    const page = await listOf(server, '?offset=1&limit=1');
    assert.deepEqual(
      [page.total, page.offset, page.files.map(({ name }) => name)],
      [3, 1, ['数学.mp4']],
    );
    const plain = await fetch(`${server.http}/control/files`);
    assert.equal(await plain.text(), 'broken.mp4\n数学.mp4\n1.mp4\n');
  });

  test('who may not call the API sees neither list nor pictures', async (t) => {
    const server = await startTestGateway(t, { allow_addr: ['192.0.2.1'] });
    const headers = { 'x-forwarded-for': '198.51.100.7' };
    for (const path of ['/control/files', '/control/poster?name=1.mp4']) {
      assert.equal((await ask(server, path, headers)).status, 403, path);
      assert.equal((await ask(server, path, { origin: 'http://evil.example' })).status, 403, path);
    }
  });

  test('where a callback decides who watches, pictures are only for callers that are named', async (t) => {
    for (const [allow_addr, status] of [
      [['all'], 403],
      [['127.0.0.1'], 200],
    ] as const) {
      const server = await startTestGateway(t, {
        allow_addr: [...allow_addr],
        enable_http_vod_s_notify: true,
      });
      assert.equal((await ask(server, '/control/poster?name=1.mp4')).status, status);
      const [sample] = (await listOf(server)).files;
      assert.equal(sample?.poster, status === 200 ? '/control/poster?name=1.mp4' : null);
    }
  });

  test('bad parameters are named; pictures are of media files only', async (t) => {
    const server = await startTestGateway(t);
    await writeFile(join(server.folders.media, 'a.mp4'), '');
    await writeFile(join(server.folders.media, 'a.jpg'), 'no picture');
    await copyFile(PICTURE, join(server.folders.media, 'alone.jpg'));
    for (const [path, status] of [
      ['/control/files?limit=5000', 400],
      ['/control/files?offset=-1', 400],
      ['/control/files?folder=/etc', 400],
      ['/control/poster', 400],
      ['/control/poster?name=a.mp4', 404],
      ['/control/poster?name=alone.jpg', 404],
      ['/control/poster?name=alone.mp4', 404],
      ['/control/poster?name=../1.mp4', 404],
    ] as const) {
      assert.equal((await ask(server, path)).status, status, path);
    }
  });

  test('a recording that still grows says so', async (t) => {
    const server = await startTestGateway(t, { enable_rtmp_record_manual: false });
    const publisher = await publishNumbered(t, `${server.rtmp}/lesson`);
    publisher.send(30);
    await server.logged(/"msg":"recording"|recording/);
    await publisher.client.call('getStreamLength', 'lesson');
    const growing = (await listOf(server)).files.find(({ name }) => name.startsWith('lesson_'));
    assert.deepEqual([growing?.state, growing?.duration], ['writing', null]);
  });
});
