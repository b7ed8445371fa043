import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { suite, test, type TestContext } from 'node:test';
import { Ledger } from '../../../../gateway/ams/callbacks/ledger.ts';
import type { ToldEvent } from '../../../../gateway/ams/callbacks/spool.ts';
import { rememberingLog, sessionWith } from '../../../helpers/ams-fixtures.ts';
import { tempDir } from '../../../helpers/temp-dir.ts';

const event = (id: string): ToldEvent => ({
  id,
  client: '7',
  body: `call=play_done&time=0&timestamp=0&totlebyte=0&event_id=${id}&user=u`,
});

async function open(t: TestContext, folder: string, compactBytes?: number) {
  const owed: ToldEvent[] = [];
  const log = rememberingLog();
  const options = { folder, log, now: () => 1_012_345, ...(compactBytes && { compactBytes }) };
  const ledger = await Ledger.open(options, (one) => owed.push(one));
  t.after(() => ledger.close());
  return { ledger, owed, log };
}

/** What a process that is killed leaves: the writes that it has made. */
const killed = (ledger: Ledger) => ledger.close();

suite('ledger', () => {
  test('nothing is owed when every session has ended', async (t) => {
    const dir = await tempDir(t);
    const { ledger } = await open(t, dir);
    const session = sessionWith();
    ledger.begin(session, event('a'));
    assert.equal(ledger.idOf(session), 'a');
    ledger.end(session);
    assert.equal(ledger.idOf(session), undefined);
    ledger.end(session);
    await ledger.close();
    const { owed, log } = await open(t, dir);
    assert.deepEqual([owed, log.lines], [[], []]);
  });

  test('after a kill: one end for each session that was there, with its last figures', async (t) => {
    const dir = await tempDir(t);
    const { ledger } = await open(t, dir);
    const [first, second, third] = [sessionWith(), sessionWith(), sessionWith()];
    ledger.begin(first, event('a'));
    ledger.begin(second, event('b'));
    second.bytes = 5000;
    second.timestamp = 1234.4;
    await ledger.save();
    ledger.end(first);
    ledger.begin(third, event('c'));
    await killed(ledger);

    const { owed, log } = await open(t, dir);
    assert.deepEqual(
      owed.map(({ id, body }) => [id, body]),
      [
        ['b', 'call=play_done&time=12&timestamp=1234&totlebyte=5000&event_id=b&user=u'],
        ['c', 'call=play_done&time=0&timestamp=0&totlebyte=0&event_id=c&user=u'],
      ],
    );
    assert.match(log.lines.join(), /last run was killed/);
    const again = await open(t, dir);
    assert.deepEqual(again.owed, [], 'they are owed once');
  });

  test('an end over HTTP has no timestamp, and gets none', async (t) => {
    const dir = await tempDir(t);
    const { ledger } = await open(t, dir);
    const session = sessionWith();
    ledger.begin(session, { id: 'a', client: '7', body: 'time=0&totlebyte=0&event_id=a' });
    await ledger.save();
    await killed(ledger);
    const { owed } = await open(t, dir);
    assert.deepEqual(
      owed.map(({ body }) => body),
      ['time=12&totlebyte=0&event_id=a'],
    );
  });

  test('long sessions do not keep the files of all short ones', async (t) => {
    const dir = await tempDir(t);
    const { ledger } = await open(t, dir, 1);
    const long = sessionWith();
    ledger.begin(long, event('long'));
    for (let index = 0; index < 1200; index++) {
      const short = sessionWith();
      ledger.begin(short, event(`short-${index}`));
      ledger.end(short);
    }
    await ledger.save();
    assert.equal(ledger.size, 1);
    assert.equal(ledger.idOf(long), 'long');
    await killed(ledger);
    const files = (await readdir(dir)).filter((name) => name.endsWith('.jsonl'));
    assert.equal(files.length, 1);
    const { owed } = await open(t, dir);
    assert.deepEqual(
      owed.map(({ id }) => id),
      ['long'],
    );
  });
});
