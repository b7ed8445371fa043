import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { Outbox } from '../../../../gateway/ams/callbacks/outbox.ts';
import { Spool } from '../../../../gateway/ams/callbacks/spool.ts';
import { rememberingLog } from '../../../helpers/ams-fixtures.ts';
import { tempDir } from '../../../helpers/temp-dir.ts';

/** A receiver that a test switches on and off; `arrived` are the bodies that it answered. */
function receiver() {
  const arrived: string[] = [];
  const watchers = new Set<() => void>();
  let attempts = 0;
  let inFlight = 0;
  let mostInFlight = 0;
  const self = {
    arrived,
    alive: true,
    chokesOn: '',
    get attempts() {
      return attempts;
    },
    get mostInFlight() {
      return mostInFlight;
    },
    async send(body: string): Promise<void> {
      attempts++;
      inFlight++;
      mostInFlight = Math.max(mostInFlight, inFlight);
      await new Promise(setImmediate);
      inFlight--;
      const fails = !self.alive || body === self.chokesOn;
      if (!fails) arrived.push(body);
      for (const look of [...watchers]) look();
      if (fails) throw new Error('connection refused');
    },
    /** Resolves once the condition holds; looked at with each attempt. */
    until(holds: () => boolean): Promise<void> {
      return new Promise((resolve) => {
        const look = () => {
          if (!holds()) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
      });
    },
  };
  return self;
}

async function outboxFor(
  t: TestContext,
  to: ReturnType<typeof receiver>,
  more: { maxHeld?: number; folder?: string } = {},
) {
  const folder = more.folder ?? (await tempDir(t));
  const log = rememberingLog();
  const spool = await Spool.open({ folder, log, segmentEvents: 5 });
  const outbox = new Outbox({
    name: 'rtmp_notify',
    send: (body) => to.send(body),
    spool,
    log,
    maxHeld: more.maxHeld ?? 100,
    maxInFlight: 4,
    backOff: [1, 4],
  });
  t.after(() => {
    outbox.close();
    return spool.close();
  });
  return { outbox, spool, folder, log };
}

const add = (outbox: Outbox, client: number, number: number) =>
  outbox.add({ id: `${client}/${number}`, client: String(client), body: `${client}/${number}` });

/** The numbers that arrived about a client, in order. */
const of = (arrived: readonly string[], client: number) =>
  arrived.filter((body) => body.startsWith(`${client}/`)).map((body) => Number(body.split('/')[1]));

suite('outbox', () => {
  test('one client in order, different clients side by side, never too many at once', async (t) => {
    const to = receiver();
    const { outbox } = await outboxFor(t, to);
    for (let number = 0; number < 5; number++) {
      for (let client = 0; client < 10; client++) add(outbox, client, number);
    }
    await outbox.settle(10_000);
    assert.equal(outbox.waiting, 0);
    assert.equal(outbox.held, 0);
    for (let client = 0; client < 10; client++) {
      assert.deepEqual(of(to.arrived, client), [0, 1, 2, 3, 4]);
    }
    assert.equal(to.mostInFlight, 4);
    assert.equal(outbox.isWaiting('3'), false);
  });

  test('a dead receiver: tried one at a time, all delivered in order when it is back', async (t) => {
    const to = receiver();
    to.alive = false;
    const { outbox, log } = await outboxFor(t, to);
    for (let number = 0; number < 3; number++) {
      for (let client = 0; client < 8; client++) add(outbox, client, number);
    }
    await to.until(() => to.attempts > 12);
    assert.equal(outbox.receiver, 'down');
    assert.equal(outbox.waiting, 24);
    assert.equal(outbox.isWaiting('3'), true);
    to.alive = true;
    await to.until(() => to.arrived.length === 24);
    for (let client = 0; client < 8; client++) assert.deepEqual(of(to.arrived, client), [0, 1, 2]);
    await outbox.settle(10_000);
    assert.equal(outbox.waiting, 0);
    assert.equal(outbox.receiver, 'up');
    assert.match(log.lines.join('\n'), /^warn Callbacks to rtmp_notify are kept .*refused/m);
    assert.match(log.lines.join('\n'), /^info The receiver of rtmp_notify answers again/m);
    assert.equal(log.lines.length, 2);
  });

  test('what exceeds memory waits on disk and comes in order', async (t) => {
    const to = receiver();
    to.alive = false;
    const { outbox } = await outboxFor(t, to, { maxHeld: 10 });
    for (let number = 0; number < 60; number++) add(outbox, number % 3, number);
    assert.equal(outbox.held, 10);
    assert.equal(outbox.waiting, 60);
    to.alive = true;
    await to.until(() => to.arrived.length === 60);
    for (let client = 0; client < 3; client++) {
      const expected = Array.from({ length: 20 }, (_, index) => index * 3 + client);
      assert.deepEqual(of(to.arrived, client), expected);
    }
    assert.ok(outbox.held <= 15);
  });

  test('one callback that the receiver chokes on does not hold up other clients', async (t) => {
    const to = receiver();
    to.chokesOn = '1/0';
    const { outbox } = await outboxFor(t, to);
    add(outbox, 1, 0);
    add(outbox, 1, 1);
    await to.until(() => to.attempts >= 4);
    for (let number = 0; number < 10; number++) add(outbox, 2, number);
    await to.until(() => of(to.arrived, 2).length === 10);
    assert.deepEqual(of(to.arrived, 1), []);
    to.chokesOn = '';
    await to.until(() => of(to.arrived, 1).length === 2);
    assert.deepEqual(of(to.arrived, 1), [0, 1]);
  });

  test('the next run delivers what this one could not, before its own', async (t) => {
    const to = receiver();
    to.alive = false;
    const first = await outboxFor(t, to);
    for (let number = 0; number < 7; number++) add(first.outbox, 1, number);
    await to.until(() => to.attempts > 4);
    await first.outbox.settle(10_000);
    first.outbox.close();
    await first.spool.close();

    to.alive = true;
    const second = await outboxFor(t, to, { folder: first.folder });
    add(second.outbox, 1, 7);
    await to.until(() => to.arrived.length === 8);
    assert.deepEqual(of(to.arrived, 1), [0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test('settling gives up at once when the receiver is down', async (t) => {
    const to = receiver();
    to.alive = false;
    const { outbox } = await outboxFor(t, to);
    for (let client = 0; client < 5; client++) add(outbox, client, 0);
    await outbox.settle(3_600_000);
    assert.equal(outbox.waiting, 5);
  });
});
