import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import type { Job, TransferReport } from '../../../../gateway/library/jobs/job.ts';
import { JobQueue } from '../../../../gateway/library/jobs/job-queue.ts';
import { JobStore } from '../../../../gateway/library/jobs/job-store.ts';
import { noFacts } from '../../../../gateway/library/jobs/media-facts.ts';
import { startLogging } from '../../../../gateway/ops/log.ts';
import { tempDir } from '../../../helpers/temp-dir.ts';
import { configWith } from '../../../helpers/ams-fixtures.ts';

const report: TransferReport = {
  ...noFacts,
  size: 1,
  path: '/media/a.mp4',
  picture: undefined,
  error: 0,
};

interface Work {
  readonly job: Job;
  done(): void;
}

/** A queue whose work the test does by hand. */
async function startQueue(t: TestContext, heard: () => boolean = () => true, folder?: string) {
  const home = folder ?? join(await tempDir(t), 'library');
  const { log } = startLogging({ write() {}, flush() {} }, configWith());
  const work: Work[] = [];
  const told: Job[] = [];
  const queue = new JobQueue({
    store: new JobStore(home, log),
    log,
    process: (job, signal) =>
      new Promise((resolve, reject) => {
        work.push({ job, done: () => resolve(report) });
        signal.addEventListener('abort', () => reject(new Error('given up')));
      }),
    tell: async (job) => {
      told.push(job);
      return heard();
    },
  });
  await queue.recover();
  return { queue, work, told, home };
}

suite('the queue of jobs', () => {
  test('one at a time, in their order; each is told, then forgotten', async (t) => {
    const { queue, work, told, home } = await startQueue(t);
    const ids = ['a', 'b'].map((name) => queue.begin('recording', name, `/media/${name}.flv`));
    assert.deepEqual(
      queue.status.map(({ step }) => step),
      ['writing', 'writing'],
    );
    for (const id of ids) queue.written(id);
    assert.deepEqual(
      work.map(({ job }) => job.name),
      ['a'],
    );
    assert.ok(queue.isBusy('/media/a.flv'));
    assert.ok(!queue.isBusy('/media/b.flv'));
    work[0]!.done();
    while (work.length < 2) await new Promise(setImmediate);
    work[1]!.done();
    await queue.idle();
    assert.deepEqual(
      told.map(({ name, step }) => [name, step]),
      [
        ['a', 'telling'],
        ['b', 'telling'],
      ],
    );
    assert.deepEqual(queue.status, []);
    await queue.close();
    assert.deepEqual(await readdir(home), []);
  });

  test('what was at work when it ended is done by the next', async (t) => {
    const first = await startQueue(t);
    first.queue.written(first.queue.begin('upload', 'a', '/media/a.avi', [['user', 'u']]));
    assert.equal(first.work.length, 1);
    await first.queue.close();
    const second = await startQueue(t, undefined, first.home);
    assert.deepEqual(second.work[0]?.job.args, [['user', 'u']]);
    second.work[0].done();
    await second.queue.idle();
    await second.queue.close();
    assert.deepEqual(await readdir(first.home), []);
  });

  test('what could not be told is kept, and told when asked, or by the next', async (t) => {
    let hears = false;
    const first = await startQueue(t, () => hears);
    first.queue.written(first.queue.begin('recording', 'a', '/media/a.flv'));
    first.work[0]!.done();
    await first.queue.idle();
    assert.equal(first.queue.status[0]?.step, 'kept');
    first.queue.tellKept();
    await first.queue.idle();
    assert.equal(first.told.length, 2);
    await first.queue.close();
    hears = true;
    const second = await startQueue(t, () => hears, first.home);
    await second.queue.idle();
    assert.equal(second.told[0]?.id, first.told[0]?.id);
    assert.equal(second.work.length, 0, 'it is not processed twice');
    assert.deepEqual(second.queue.status, []);
  });

  test('a recording that broke off goes on; one of which nothing is there is forgotten', async (t) => {
    const dir = await tempDir(t);
    const home = join(dir, 'library');
    await mkdir(home);
    const there = join(dir, 'there.flv');
    await writeFile(there, 'FLV');
    const kept = { kind: 'recording', name: 'a', args: [], step: 'writing', error: 0 };
    await writeFile(join(home, '1.json'), JSON.stringify({ ...kept, id: '1', source: there }));
    await writeFile(join(home, '2.json'), JSON.stringify({ ...kept, id: '2', source: '/gone' }));
    await writeFile(join(home, '3.json'), '{"id":"3"');
    const { queue, work } = await startQueue(t, undefined, home);
    assert.deepEqual(
      work.map(({ job }) => [job.id, job.step]),
      [['1', 'waiting']],
    );
    await queue.close();
    assert.deepEqual((await readdir(home)).sort(), ['1.json', '3.json']);
  });
});
