import assert from 'node:assert/strict';
import { appendFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { Spool, type ToldEvent } from '../../../../gateway/ams/callbacks/spool.ts';
import { rememberingLog } from '../../../helpers/ams-fixtures.ts';
import { tempDir } from '../../../helpers/temp-dir.ts';

const event = (id: number, client = 1): ToldEvent => ({
  id: `e${id}`,
  client: String(client),
  body: `call=play_done&event_id=e${id}&name=%E8%AF%BE`,
});
const open = async (t: TestContext, folder?: string, segmentEvents = 3) => {
  const dir = folder ?? (await tempDir(t));
  const log = rememberingLog();
  const spool = await Spool.open({ folder: dir, log, segmentEvents });
  t.after(() => spool.close());
  return { spool, dir, log };
};
const loadAll = async (spool: Spool) => {
  const ids: string[] = [];
  while (spool.hasStored) ids.push(...(await spool.load()).map(({ id }) => id));
  return ids;
};

suite('spool', () => {
  test('what was not delivered is there after a restart, in order and whole', async (t) => {
    const { spool, dir } = await open(t);
    const kept = [1, 2, 3, 4, 5, 6, 7].map((id) => spool.append(event(id), true)!);
    spool.delivered(kept[1]!);
    spool.delivered(kept[6]!);
    await spool.close();

    const again = (await open(t, dir)).spool;
    assert.equal(again.pending, 5);
    const first = await again.load();
    assert.deepEqual(
      first.map(({ id, client, body }) => ({ id, client, body })),
      [event(1), event(3)],
    );
    assert.deepEqual(await loadAll(again), ['e4', 'e5', 'e6']);
  });

  test('the same after a crash, with a torn last line', async (t) => {
    const { spool, dir } = await open(t);
    spool.append(event(1), true);
    spool.append(event(2), true);
    await spool.flush();
    const [file] = await readdir(dir);
    await appendFile(join(dir, file!), '{"id":"e3","client":"1","bo');

    const again = (await open(t, dir)).spool;
    assert.equal(again.pending, 2);
    assert.deepEqual(await loadAll(again), ['e1', 'e2']);
  });

  test('files go when everything in them is delivered', async (t) => {
    const { spool, dir } = await open(t);
    const kept = [1, 2, 3, 4].map((id) => spool.append(event(id), true)!);
    await spool.flush();
    assert.equal((await readdir(dir)).length, 2);
    for (const one of kept.slice(0, 3)) spool.delivered(one);
    await spool.flush();
    assert.equal((await readdir(dir)).length, 1);
    spool.delivered(kept[3]!);
    assert.equal(spool.pending, 0);
    await spool.close();
    assert.deepEqual(await readdir(dir), []);
  });

  test('events on disk only come back in order, those added meanwhile after them', async (t) => {
    const { spool } = await open(t);
    for (const id of [1, 2, 3, 4]) spool.append(event(id), false);
    assert.deepEqual(
      (await spool.load()).map(({ id }) => id),
      ['e1', 'e2', 'e3'],
    );
    const loading = spool.load();
    spool.append(event(5), false);
    assert.deepEqual(
      (await loading).map(({ id }) => id),
      ['e4'],
    );
    assert.deepEqual(await loadAll(spool), ['e5']);
    assert.equal(spool.pending, 5);
    assert.equal(spool.hasStored, false);
  });

  test('takes no more than its share of the disk', async (t) => {
    const options = { folder: await tempDir(t), log: rememberingLog(), maxBytes: 300 };
    const spool = await Spool.open(options);
    t.after(() => spool.close());
    let taken = 0;
    while (spool.append(event(taken), false) !== undefined) taken++;
    assert.ok(taken >= 2 && taken <= 4, `${taken} events were taken`);
    assert.equal(spool.pending, taken);
  });

  test('strange files and lines are left alone', async (t) => {
    const dir = await tempDir(t);
    await writeFile(join(dir, 'notes.txt'), 'mine');
    const lines = ['', 'no json', '{"id":1}', '[]', 'null', '{"id":"e1","client":"1","body":"b"}'];
    await writeFile(join(dir, '00000001.jsonl'), lines.join('\n'));
    const { spool } = await open(t, dir);
    assert.equal(spool.pending, 1);
    assert.deepEqual(await loadAll(spool), ['e1']);
    assert.ok((await readdir(dir)).includes('notes.txt'));
  });

  test('a disk that fails is logged once and does not throw', async (t) => {
    const { spool, dir, log } = await open(t, undefined, 1);
    await rm(dir, { recursive: true });
    spool.append(event(1), true);
    await spool.flush();
    spool.append(event(2), true);
    await spool.flush();
    assert.equal(log.lines.filter((line) => line.startsWith('error Cannot write')).length, 1);
    assert.equal(spool.pending, 2);
  });
});
