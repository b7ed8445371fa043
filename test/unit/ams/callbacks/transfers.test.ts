import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { multipartBody } from '../../../../gateway/ams/callbacks/multipart.ts';
import {
  createTransferTeller,
  type Transfer,
} from '../../../../gateway/ams/callbacks/transfers.ts';
import { configWith, rememberingLog } from '../../../helpers/ams-fixtures.ts';
import { startCallbackServer } from '../../../helpers/callback-server.ts';
import { readForm } from '../../../helpers/multipart-form.ts';
import { tempDir } from '../../../helpers/temp-dir.ts';

const recording: Transfer = {
  id: 'e1',
  kind: 'recording',
  name: 'lesson',
  args: [],
  duration: 12.5,
  size: 1000,
  fps: 25,
  bitrate: 640,
  wh: '320x180',
  path: '/media/lesson_20260101000000.mp4',
  picture: undefined,
  error: 0,
};

async function startTeller(t: TestContext) {
  const receiver = await startCallbackServer(t);
  const log = rememberingLog();
  const config = configWith({ rtmp_notify: receiver.url, http_notify: receiver.url });
  const pauses = { recording: [1, 2, 3, 4], upload: [1, 1, 1, 1] };
  const teller = createTransferTeller({ config: () => config, log, pauses });
  t.after(() => teller.close());
  return { receiver, log, teller };
}

const never = new AbortController().signal;

suite('transfers', () => {
  test('a receiver that fails is told again, four times, the same', async (t) => {
    const { receiver, log, teller } = await startTeller(t);
    receiver.answer(() => (receiver.received.length < 5 ? { status: 500 } : {}));
    assert.equal(await teller.tell(recording, never), true);
    assert.equal(receiver.received.length, 5);
    const events = receiver.received.map((callback) => readForm(callback).fields['event_id']);
    assert.deepEqual([...new Set(events)], ['e1']);
    assert.equal(log.lines.filter((line) => line.startsWith('warn')).length, 4);
  });

  test('one that never hears: after five tries it is said that it is kept', async (t) => {
    const { receiver, log, teller } = await startTeller(t);
    receiver.answer(() => ({ destroy: true }));
    assert.equal(await teller.tell(recording, never), false);
    assert.equal(receiver.received.length, 5);
    assert.match(log.lines.at(-1) ?? '', /^error The callback is kept/);
  });

  test('given up, it does not try again', async (t) => {
    const { receiver, teller } = await startTeller(t);
    const over = new AbortController();
    receiver.answer(() => {
      over.abort();
      return { status: 500 };
    });
    assert.equal(await teller.tell(recording, over.signal), false);
    assert.equal(receiver.received.length, 1);
  });

  test('an upload has its own fields, its source’s arguments, and the picture', async (t) => {
    const { receiver, teller } = await startTeller(t);
    const picture = join(await tempDir(t), 'a.jpg');
    await writeFile(picture, Buffer.from([0xff, 0xd8, 13, 10, 0]));
    const args = [
      ['user', 'u'],
      ['call', 'forged'],
    ] as const;
    const upload: Transfer = { ...recording, kind: 'upload', args, picture, path: '/up/a.mp4' };
    assert.equal(await teller.tell(upload, never), true);
    const { fields, files } = readForm(receiver.received[0]!);
    assert.equal(fields['call'], 'upload_transfer_done');
    assert.equal(fields['file'], '/up/a.mp4');
    assert.equal(fields['user'], 'u');
    assert.equal(fields['filepath'], undefined);
    assert.deepEqual(files.get('file')?.content, Buffer.from([0xff, 0xd8, 13, 10, 0]));
  });

  test('nobody to tell, nothing to keep', async () => {
    const log = rememberingLog();
    const teller = createTransferTeller({ config: () => configWith(), log });
    assert.equal(await teller.tell(recording, never), true);
    assert.deepEqual(log.lines, []);
    teller.close();
  });
});

test('multipart: quotation marks and line ends in names do not break out', () => {
  const file = { field: 'f', fileName: 'a"\r\nb', type: 'image/jpeg', content: Buffer.from('x') };
  const { type, body } = multipartBody([['课"', '值\r\n']], [file], 'b1');
  const { fields, files } = readForm({ headers: { 'content-type': type }, body });
  assert.deepEqual(fields, { '课%22': '值\r\n' });
  assert.equal(files.get('f')?.fileName, 'a%22%0D%0Ab');
});
