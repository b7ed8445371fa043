import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { startCallbackServer, type ReceivedCallback } from '../helpers/callback-server.ts';
import { makeSample } from '../helpers/ffmpeg.ts';
import { probeCodecs, probePackets } from '../helpers/ffprobe.ts';
import { startTestGateway, type TestGateway } from '../helpers/gateway.ts';
import { readForm } from '../helpers/multipart-form.ts';
import { run } from '../helpers/processes.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { until } from '../helpers/until.ts';

const put = (
  server: TestGateway,
  path: string,
  body: Buffer,
  headers: Record<string, string> = {},
) =>
  fetch(server.http + path, {
    method: 'PUT',
    body: new Uint8Array(body),
    headers,
    redirect: 'manual',
  });

const isDone = ({ body }: ReceivedCallback): boolean =>
  body.includes('upload_transfer_done', undefined, 'latin1');

suite('uploads', () => {
  test('a form of files: what is no MP4 becomes one, its receiver is told', async (t) => {
    const receiver = await startCallbackServer(t);
    const server = await startTestGateway(t, { http_notify: receiver.url });
    const dir = await tempDir(t);
    const avi = join(dir, 'old.avi');
    const flv = await makeSample(t, dir, { seconds: 2, audio: 'mp3' });
    await run(t, 'ffmpeg', ['-v', 'error', '-i', flv, '-c:v', 'mpeg4', '-c:a', 'copy', avi]);

    const form = new FormData();
    form.set('course', '7');
    form.set('any', new File([new Uint8Array(await readFile(avi))], 'old.avi'));
    const response = await fetch(`${server.http}/upload?user=u`, { method: 'POST', body: form });
    assert.equal(response.status, 201);
    assert.equal(await response.text(), 'result=OK');

    const { fields, files } = readForm(await receiver.waitFor(isDone, 20_000));
    const path = join(server.config.upload_path, 'old.mp4');
    assert.equal(fields['file'], path);
    assert.equal(fields['filename'], 'old.mp4');
    assert.equal(fields['error'], '0');
    assert.equal(fields['wh'], '320x180');
    assert.equal(fields['user'], 'u');
    assert.equal(fields['course'], '7');
    assert.equal(files.get('file')?.type, 'image/jpeg');
    assert.deepEqual(await probeCodecs(t, path), { video: 'h264', audio: 'aac' });
    assert.deepEqual((await readdir(server.config.upload_path)).sort(), ['old.jpg', 'old.mp4']);
    assert.equal((await fetch(`${server.http}/old.mp4`, { method: 'HEAD' })).status, 200);
  });

  test('an MP4 of H.264 and AAC is only put in order', async (t) => {
    const receiver = await startCallbackServer(t);
    const server = await startTestGateway(t, { http_notify: receiver.url });
    const dir = await tempDir(t);
    const flv = await makeSample(t, dir, { seconds: 2 });
    const mp4 = join(dir, 'a.mp4');
    await run(t, 'ffmpeg', ['-v', 'error', '-i', flv, '-c', 'copy', mp4]);
    const content = await readFile(mp4);
    assert.ok(content.lastIndexOf('moov') > content.length / 2);
    assert.equal((await put(server, '/upload/a.mp4', content)).status, 201);
    await receiver.waitFor(isDone, 20_000);
    const path = join(server.config.upload_path, 'a.mp4');
    assert.ok((await readFile(path)).indexOf('moov') < 100, 'the description comes first');
    const hashes = async (file: string) => (await probePackets(t, file)).map(({ hash }) => hash);
    assert.deepEqual(await hashes(path), await hashes(mp4));
  });

  test('in parts, and on from where it broke off', async (t) => {
    const server = await startTestGateway(t, { enable_http_upload_process: false });
    const content = Buffer.alloc(300_000, 'abcdef');
    const part = (from: number, to: number) =>
      put(server, '/upload/b.mp4', content.subarray(from, to), {
        'content-range': `bytes ${from}-${to - 1}/${content.length}`,
      });
    const first = await part(0, 100_000);
    assert.equal(first.status, 308);
    assert.equal(first.headers.get('range'), 'bytes=0-99999');
    const ask = await put(server, '/upload/b.mp4', Buffer.alloc(0), {
      'content-range': 'bytes */*',
    });
    assert.equal(ask.headers.get('upload-offset'), '100000');

    const wrong = await part(150_000, 160_000);
    assert.equal(wrong.status, 409);
    assert.equal(wrong.headers.get('upload-offset'), '100000');

    // The connection is lost in the middle of the second part.
    const broken = request(`${server.http}/upload/b.mp4`, {
      method: 'PUT',
      headers: { 'content-range': 'bytes 100000-299999/300000', 'content-length': 200_000 },
    });
    broken.on('error', () => {});
    broken.write(content.subarray(100_000, 150_000));
    const half = join(server.config.upload_path, '.b.mp4.upload');
    await until(async () => (await readFile(half)).length === 150_000);
    broken.destroy();
    await until(async () => {
      const head = await fetch(`${server.http}/upload/b.mp4`, { method: 'HEAD' });
      if (head.headers.get('upload-offset') !== '150000') return false;
      return (await part(150_000, 300_000)).status === 201;
    });
    assert.deepEqual(await readFile(join(server.config.upload_path, 'b.mp4')), content);
    assert.ok(!existsSync(half));
    assert.equal(
      (await put(server, '/upload/b.mp4', content)).status,
      409,
      'nothing is overwritten',
    );
  });

  test('limits and names', async (t) => {
    const server = await startTestGateway(t, {
      upload_max_size: 1,
      enable_http_upload_process: false,
    });
    assert.equal((await put(server, '/upload/big.mp4', Buffer.alloc(1_000_001))).status, 413);
    const form = new FormData();
    form.set('any', new File([new Uint8Array(1_000_001)], 'big.mp4'));
    assert.equal(
      (await fetch(`${server.http}/upload`, { method: 'POST', body: form })).status,
      413,
    );
    for (const name of ['.hidden.mp4', 'no-extension', 'a%2fb.mp4', 'x.jpg', '..%2fx.mp4']) {
      assert.equal((await put(server, `/upload/${name}`, Buffer.alloc(10))).status, 400, name);
    }
    const nothing = await put(server, '/upload/x.mp4', Buffer.alloc(9), {
      'content-range': 'half',
    });
    assert.equal(nothing.status, 400);
    assert.match(await nothing.text(), /^result=FAILED&error=Content-Range/);
    assert.deepEqual(await readdir(server.config.upload_path), []);
    const empty = await fetch(`${server.http}/upload`, { method: 'POST', body: 'x' });
    assert.equal(empty.status, 415);
  });

  test('who is not in allow_addr, or comes from another site’s page, may not', async (t) => {
    const server = await startTestGateway(t);
    const other = { origin: 'http://elsewhere.example', 'sec-fetch-site': 'cross-site' };
    const response = await put(server, '/upload/x.mp4', Buffer.alloc(10), other);
    assert.equal(response.status, 403);
    assert.deepEqual(await readdir(server.config.upload_path), []);
  });

  test('what is no media at all stays as it came, and says so', async (t) => {
    const receiver = await startCallbackServer(t);
    const server = await startTestGateway(t, { http_notify: receiver.url });
    await put(server, '/upload/junk.avi', Buffer.alloc(5000, 'junk'));
    const { fields, files } = readForm(await receiver.waitFor(isDone));
    assert.equal(fields['error'], '1');
    assert.equal(fields['file'], join(server.config.upload_path, 'junk.avi'));
    assert.equal(fields['jpgpath'], 'NONE');
    assert.equal(files.size, 0);
  });

  test('half an upload is deleted when nobody goes on with it', async (t) => {
    const server = await startTestGateway(t);
    const old = join(server.config.upload_path, '.old.mp4.upload');
    await writeFile(old, 'half');
    await utimes(old, new Date(0), new Date(0));
    await server.gateway.close();
    await startTestGateway(t, {}, { home: server.folders.state });
    await until(() => !existsSync(old));
  });
});

suite('section 4: /cfg/delf', () => {
  test('deletes a media file and its picture, by either spelling', async (t) => {
    const server = await startTestGateway(t);
    const { record_path: folder } = server.config;
    for (const parameter of ['flie', 'file']) {
      await mkdir(join(folder, 'sub'), { recursive: true });
      const path = join(folder, 'sub', 'a.mp4');
      await writeFile(path, 'x');
      await writeFile(path.replace('mp4', 'jpg'), 'x');
      const response = await fetch(`${server.http}/cfg/delf?${parameter}=${path}`);
      assert.equal(await response.text(), 'result=OK');
      assert.deepEqual(await readdir(join(folder, 'sub')), []);
      assert.equal(
        await (await fetch(`${server.http}/cfg/delf?flie=${path}`)).text(),
        'result=FAILED',
      );
    }
  });

  test('nothing outside the folders, nothing but media, whatever links say', async (t) => {
    const server = await startTestGateway(t);
    const { record_path: folder } = server.config;
    const outside = join(await tempDir(t), 'outside.mp4');
    await writeFile(outside, 'x');
    const link = join(folder, 'link.mp4');
    await symlink(outside, link);
    const text = join(folder, 'notes.txt');
    await writeFile(text, 'x');
    for (const path of [
      outside,
      link,
      text,
      folder,
      'relative.mp4',
      `${folder}/../media-not.mp4`,
    ]) {
      const response = await fetch(`${server.http}/cfg/delf?flie=${encodeURIComponent(path)}`);
      assert.equal(await response.text(), 'result=FAILED', path);
    }
    assert.ok(existsSync(outside) && existsSync(text));
    assert.equal((await fetch(`${server.http}/cfg/delf`)).status, 400);
  });
});
