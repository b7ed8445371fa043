import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Hub } from '../../../../gateway/live/hub.ts';
import type { PacketConsumer, StreamState } from '../../../../gateway/live/stream.ts';
import { Session, type SessionDetails } from '../../../../gateway/sessions/session.ts';
import { awaitStream } from '../../../../gateway/servers/webrtc/await-stream.ts';

/** A hub with one stream, whose state and readiness are turned by hand. */
const setUp = (t: TestContext, state: StreamState | undefined, isReady = false) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const consumers = new Set<PacketConsumer>();
  const stream = {
    state: state ?? 'waiting',
    ready: isReady,
    subscribe: (consumer: PacketConsumer) => {
      consumers.add(consumer);
      return () => consumers.delete(consumer);
    },
  };
  let holds = 0;
  const hub = {
    find: () => (state === undefined ? undefined : stream),
    hold: () => {
      holds++;
      return { stream, release: () => holds-- };
    },
  };
  const session = new Session({} as SessionDetails, 0, () => {});
  return {
    stream,
    session,
    holds: () => holds,
    listeners: () => consumers.size,
    flush: () => {
      for (const consumer of consumers) consumer.flush?.();
    },
    ask: (waitMs: number) => awaitStream(hub as unknown as Hub, 'a', session, waitMs),
  };
};

test('a stream that is ready is answered at once, and held until the session ends', async (t) => {
  const { ask, stream, session, holds } = setUp(t, 'live', true);
  assert.equal(await ask(0), stream);
  assert.equal(holds(), 1);
  session.end({ code: 'client_left', message: '' });
  assert.equal(holds(), 0);
});

test('without a publisher the answer is no at once, unless it may be waited', async (t) => {
  for (const state of [undefined, 'waiting', 'ended'] as const) {
    const { ask, holds } = setUp(t, state);
    await assert.rejects(ask(0), { code: 'not_live', status: 404 });
    assert.equal(holds(), 0);
    t.mock.timers.reset();
  }
});

test('a stream that has just begun is waited for until its first key frame', async (t) => {
  const { ask, stream, flush, listeners } = setUp(t, 'live');
  const asked = ask(0);
  flush();
  assert.equal(listeners(), 1);
  stream.ready = true;
  flush();
  assert.equal(await asked, stream);
  assert.equal(listeners(), 0);
});

test('a stream that is live is answered after five seconds without a picture', async (t) => {
  const { ask, stream, listeners } = setUp(t, 'live');
  const asked = ask(0);
  t.mock.timers.tick(5_000);
  assert.equal(await asked, stream);
  assert.equal(listeners(), 0);
});

test('nobody publishes within the time to wait: the answer is no', async (t) => {
  const { ask, listeners } = setUp(t, undefined);
  const asked = ask(700);
  t.mock.timers.tick(700);
  await assert.rejects(asked, { code: 'not_live' });
  assert.equal(listeners(), 0);
});

test('a session that ends while it waits stops waiting', async (t) => {
  const { ask, session, holds, listeners } = setUp(t, undefined);
  const asked = ask(700_000);
  session.end({ code: 'client_left', message: '' });
  await assert.rejects(asked, { code: 'not_live' });
  assert.deepEqual([holds(), listeners()], [0, 0]);
});
