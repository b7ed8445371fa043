import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { startCallbackServer } from '../helpers/callback-server.ts';
import { startTestGateway, type TestGateway } from '../helpers/gateway.ts';
import { run } from '../helpers/processes.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { until } from '../helpers/until.ts';

const SAMPLE = new URL('../../gateway/library/sample/1.mp4', import.meta.url).pathname;

const get = (server: TestGateway, path: string, headers: Record<string, string> = {}) =>
  fetch(server.http + path, { headers: { connection: 'close', ...headers } });

const bytesOf = async (response: Response): Promise<Buffer> =>
  Buffer.from(await response.arrayBuffer());

/** The pictures of a file as they are shown, an MD5 each. */
async function pictures(t: TestContext, file: string, extra: readonly string[] = []) {
  const args = ['-v', 'error', ...extra, '-i', file, '-map', '0:v', '-f', 'framemd5', '-'];
  const text = await run(t, 'ffmpeg', args);
  return text
    .split('\n')
    .filter((line) => /^0,/.test(line))
    .map((line) => line.split(',').at(-1)!.trim());
}

suite('files over HTTP', () => {
  test('the sample programme plays by name; a file of that name in the library comes first', async (t) => {
    const server = await startTestGateway(t);
    const response = await get(server, '/1.mp4');
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'video/mp4');
    assert.deepEqual(await bytesOf(response), await readFile(SAMPLE));
    await writeFile(join(server.folders.media, '1.mp4'), 'mine');
    assert.equal((await bytesOf(await get(server, '/1.mp4'))).toString(), 'mine');
  });

  test('ranges, HEAD, conditions', async (t) => {
    const server = await startTestGateway(t);
    const whole = await readFile(SAMPLE);
    const size = whole.length;
    const head = await fetch(`${server.http}/1.mp4`, { method: 'HEAD' });
    assert.equal(head.headers.get('content-length'), String(size));
    assert.equal(head.headers.get('accept-ranges'), 'bytes');
    const etag = head.headers.get('etag') ?? '';
    assert.match(etag, /^"[\w-]+"$/);

    for (const [range, from, to] of [
      ['bytes=0-99', 0, 100],
      ['bytes=1000-', 1000, size],
      ['bytes=-500', size - 500, size],
      [`bytes=10-${size * 2}`, 10, size],
    ] as const) {
      const part = await get(server, '/1.mp4', { range });
      assert.equal(part.status, 206, range);
      assert.equal(part.headers.get('content-range'), `bytes ${from}-${to - 1}/${size}`);
      assert.deepEqual(await bytesOf(part), whole.subarray(from, to));
    }
    const behind = await get(server, '/1.mp4', { range: `bytes=${size}-` });
    assert.equal(behind.status, 416);
    assert.equal(behind.headers.get('content-range'), `bytes */${size}`);
    await behind.body?.cancel();

    assert.equal((await get(server, '/1.mp4', { 'if-none-match': etag })).status, 304);
    const stale = await get(server, '/1.mp4', { range: 'bytes=0-9', 'if-range': '"other"' });
    assert.equal(stale.status, 200, 'a range of other content would not fit');
    await stale.body?.cancel();
  });

  test('only media files are served, and only by plain names', async (t) => {
    const server = await startTestGateway(t);
    await mkdir(join(server.folders.media, 'sub'), { recursive: true });
    await writeFile(join(server.folders.media, 'secret.txt'), 'secret');
    await writeFile(join(server.folders.media, '.hidden.mp4'), 'secret');
    await copyFile(SAMPLE, join(server.folders.media, 'sub', 'a.mp4'));
    for (const path of [
      '/secret.txt',
      '/sub/a.mp4',
      '/sub%2fa.mp4',
      '/..%2f1.mp4',
      '/nothing.mp4',
    ]) {
      assert.ok([400, 404].includes((await get(server, path)).status), path);
    }
    assert.equal((await get(server, '/.hidden.mp4')).status, 400);
  });

  test('a file that is deleted stays readable to who plays it', async (t) => {
    const server = await startTestGateway(t);
    const path = join(server.folders.media, 'big.mp4');
    const content = Buffer.alloc(8_000_000, 'abcdefgh');
    await writeFile(path, content);
    const response = await get(server, '/big.mp4');
    await rm(path);
    const hash = (bytes: Buffer) => createHash('md5').update(bytes).digest('hex');
    assert.equal(hash(await bytesOf(response)), hash(content));
    assert.equal((await get(server, '/big.mp4')).status, 404);
  });
});

suite('clips', () => {
  test('a part is a file of its own: its length, its first picture, ranges in it', async (t) => {
    const server = await startTestGateway(t);
    const dir = await tempDir(t);
    // From within a GOP, so that pictures before the first one shown come along.
    const url = '/1.mp4?start=20.52&end=24.52';
    const response = await get(server, url);
    assert.equal(response.status, 200);
    const clip = await bytesOf(response);
    assert.equal(response.headers.get('content-length'), String(clip.length));
    const path = join(dir, 'clip.mp4');
    await writeFile(path, clip);

    const entries = ['-show_entries', 'format=duration', '-of', 'csv=p=0'];
    const duration = Number(await run(t, 'ffprobe', ['-v', 'error', ...entries, path]));
    assert.ok(Math.abs(duration - 4) <= 0.04, `${duration}`);
    const shown = await pictures(t, path);
    const due = (await pictures(t, SAMPLE)).slice(513, 613);
    assert.deepEqual(shown, due, 'every picture from 20.52 s to 24.52 s');
    const said = await run(t, 'ffmpeg', [
      '-v',
      'warning',
      '-xerror',
      '-i',
      path,
      '-f',
      'null',
      '-',
    ]);
    assert.equal(said, '');

    const part = await get(server, url, { range: 'bytes=1000-30000' });
    assert.equal(part.headers.get('content-range'), `bytes 1000-30000/${clip.length}`);
    assert.deepEqual(await bytesOf(part), clip.subarray(1000, 30_001));
    const head = await fetch(server.http + url, { method: 'HEAD' });
    assert.equal(head.headers.get('content-length'), String(clip.length));
  });

  test('defaults are the file’s begin and end', async (t) => {
    const server = await startTestGateway(t);
    const whole = await readFile(SAMPLE);
    for (const query of ['?start=&end=', '?start=0', '?user=u&token=t']) {
      assert.deepEqual(await bytesOf(await get(server, `/1.mp4${query}`)), whole, query);
    }
    assert.equal((await get(server, '/1.mp4?start=59')).status, 200);
    assert.equal((await get(server, '/1.mp4?end=1')).status, 200);
  });

  test('values that make no sense are named; an empty part is no file', async (t) => {
    const server = await startTestGateway(t);
    for (const [query, status, sentence] of [
      ['?start=-1', 400, /"start" must be a number of seconds.*"-1"/],
      ['?end=x', 400, /"end" must be a number/],
      ['?start=30&end=20', 400, /"end" \(20 s\) must be greater than "start" \(30 s\)/],
      ['?start=1&start=2', 400, /"start" is given more than once/],
      ['?start=60', 416, /the file is 60\.\d+ s long/],
      ['?start=1e3', 400, /"start"/],
    ] as const) {
      const response = await get(server, `/1.mp4${query}`);
      assert.equal(response.status, status, query);
      assert.match(await response.text(), sentence);
    }
    await writeFile(join(server.folders.media, 'broken.mp4'), Buffer.alloc(100, 7));
    assert.equal((await get(server, '/broken.mp4?start=1')).status, 422);
  });
});

suite('viewers of files', () => {
  test('one session for a player’s many requests; a refusal; what Filename grants', async (t) => {
    const receiver = await startCallbackServer(t);
    const server = await startTestGateway(t, {
      http_notify: receiver.url,
      enable_http_vod_s_notify: true,
      enable_http_vod_e_notify: true,
    });
    const elsewhere = join(await tempDir(t), 'other.mp4');
    await writeFile(elsewhere, 'granted');
    receiver.answer(({ form }) =>
      form['user'] === 'good'
        ? { headers: { Filename: elsewhere } }
        : { status: form['user'] === 'bad' ? 403 : 200 },
    );
    assert.equal((await get(server, '/1.mp4?user=bad')).status, 403);
    for (const range of ['bytes=0-3', 'bytes=4-6']) {
      await bytesOf(await get(server, '/any.mp4?user=good', { range }));
    }
    const { form } = await receiver.waitFor(({ form }) => form['user'] === 'good');
    assert.equal(form['app'], 'http_vod');
    assert.equal(form['call'], 'play');
    assert.equal(form['name'], 'any.mp4');
    assert.equal(form['protocol'], 'mp4');
    assert.equal(form['uri'], '/any.mp4');
    assert.equal(receiver.received.filter(({ form }) => form['user'] === 'good').length, 1);
    const [session] = server.gateway.registry.list();
    assert.equal(session?.bytes, 7);

    await bytesOf(await get(server, '/any.mp4?user=good'));
    const done = await receiver.waitFor(({ form }) => form['call'] === 'play_done');
    assert.equal(done.form['totlebyte'], '14');
    assert.equal((await get(server, '/nothing.mp4?user=x')).status, 404);
    await receiver.waitFor(({ form }) => form['call'] === 'play_done' && form['user'] === 'x');
  });

  test('a Filename that names no media file is in the log, with its path', async (t) => {
    const receiver = await startCallbackServer(t);
    const server = await startTestGateway(t, {
      http_notify: receiver.url,
      enable_http_vod_s_notify: true,
    });
    receiver.answer(() => ({ headers: { Filename: '/nowhere/lesson.mp4' } }));
    const answer = await get(server, '/1.mp4');
    assert.equal(answer.status, 404);
    assert.doesNotMatch(await answer.text(), /nowhere/);
    await server.logged(/Filename names no media file .*\/nowhere\/lesson\.mp4/);
  });

  test('a dropped download breaks off', async (t) => {
    const server = await startTestGateway(t);
    await writeFile(join(server.folders.media, 'big.mp4'), Buffer.alloc(64_000_000));
    // Not fetch: its parser throws where a connection ends that it has not read to the end.
    const request = httpGet(`${server.http}/big.mp4`);
    const [download] = (await once(request, 'response')) as [IncomingMessage];
    await until(() => server.gateway.registry.list().length === 1);
    const [session] = server.gateway.registry.list();
    const dropped = await get(server, `/cfg/drop?clientid=${session?.details.clientId}`);
    assert.equal(await dropped.text(), 'result=OK');
    await assert.rejects(download.toArray(), { code: 'ECONNRESET' });
    assert.deepEqual(server.gateway.registry.list(), []);
  });
});
