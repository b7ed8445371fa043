import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { RtmpClientError } from '../../../gateway/relay/rtmp-client-error.ts';
import { Waiters } from '../../../gateway/relay/waiters.ts';

suite('Waiters', () => {
  test('an answer goes to who waits for its key', async () => {
    const waiters = new Waiters<number, string>(1000);
    const one = waiters.wait(1, 'one');
    const two = waiters.wait(2, 'two');
    assert.deepEqual(waiters.keys, [1, 2]);
    assert.equal(waiters.resolve(2, 'b'), true);
    assert.equal(waiters.resolve(1, 'a'), true);
    assert.deepEqual(await Promise.all([one, two]), ['a', 'b']);
    assert.deepEqual(waiters.keys, []);
  });

  test('an answer that nobody waits for is none', () => {
    const waiters = new Waiters<number, string>(1000);
    assert.equal(waiters.resolve(1, 'a'), false);
    assert.equal(waiters.reject(1, new Error('x')), false);
  });

  test('rejectAll disappoints everyone', async () => {
    const waiters = new Waiters<number>(1000);
    const all = [waiters.wait(1, 'one'), waiters.wait(2, 'two')];
    const reason = new Error('over');
    waiters.rejectAll(reason);
    for (const each of all) await assert.rejects(each, reason);
    assert.deepEqual(waiters.keys, []);
  });

  test('no answer in time is an error that says what was waited for', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const waiters = new Waiters<number>(500);
    const waiting = waiters.wait(1, 'the answer to connect');
    t.mock.timers.tick(499);
    assert.deepEqual(waiters.keys, [1]);
    t.mock.timers.tick(1);
    await assert.rejects(
      waiting,
      (error) =>
        error instanceof RtmpClientError &&
        error.code === 'RTMP_CLIENT_TIMEOUT' &&
        /500 ms.*the answer to connect/.test(error.message),
    );
  });

  test('an answer stops the clock', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const waiters = new Waiters<number, string>(500);
    const first = waiters.wait(1, 'one');
    waiters.resolve(1, 'a');
    const second = waiters.wait(1, 'one again');
    t.mock.timers.tick(499);
    waiters.resolve(1, 'b');
    assert.deepEqual(await Promise.all([first, second]), ['a', 'b']);
  });
});
