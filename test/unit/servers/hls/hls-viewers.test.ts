import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HlsViewers, type ViewerRequest } from '../../../../gateway/servers/hls/hls-viewers.ts';
import { admitted, refused, type Decision } from '../../../../gateway/sessions/admission.ts';
import { SessionRegistry } from '../../../../gateway/sessions/registry.ts';

const REQUEST: ViewerRequest = {
  name: 'lesson',
  addr: '192.0.2.7',
  args: [['user', 'u']],
  uri: '/lesson/index.m3u8',
};

/** Viewers of a registry whose comings and goings are noted, and a clock that the test moves. */
function setUp({ maxClients = 10 } = {}) {
  const clock = { now: 1_000_000 };
  const registry = new SessionRegistry({ maxStreams: 10, maxClients }, () => clock.now);
  const log: string[] = [];
  registry.listen({
    started: ({ details }) => log.push(`start ${details.clientId}`),
    ended: ({ details }, { code }) => log.push(`end ${details.clientId} ${code}`),
    refused: ({ details }) => log.push(`refused ${details.clientId}`),
  });
  const live = new Set(['lesson']);
  const viewers = new HlsViewers({
    registry,
    now: () => clock.now,
    patience: () => 15_000,
    isLive: (name) => live.has(name),
  });
  return { clock, registry, log, live, viewers };
}

describe('a viewer', () => {
  test('is a session of what it asked for', async () => {
    const { viewers } = setUp();
    assert.deepEqual(await viewers.admit('token', REQUEST), admitted);
    const { session } = viewers.find('token', 'lesson')!;
    assert.deepEqual(session.details, {
      kind: 'play',
      protocol: 'hls',
      app: 'live',
      clientId: 1,
      ...REQUEST,
    });
  });

  test('starts once and ends once, after it has asked for nothing for its time', async () => {
    const { viewers, clock, log } = setUp();
    await viewers.admit('token', REQUEST);
    for (let asked = 0; asked < 5; asked++) {
      clock.now += 15_000;
      viewers.sweep();
      assert.ok(viewers.find('token', 'lesson'));
    }
    assert.deepEqual(log, ['start 1']);
    clock.now += 15_001;
    viewers.sweep();
    viewers.sweep();
    assert.deepEqual(log, ['start 1', 'end 1 client_left']);
    assert.equal(viewers.find('token', 'lesson'), undefined);
  });

  test('who is silent because the stream ended has not left by itself', async () => {
    const { viewers, clock, log, live } = setUp();
    await viewers.admit('token', REQUEST);
    live.clear();
    clock.now += 15_001;
    viewers.sweep();
    assert.deepEqual(log, ['start 1', 'end 1 stream_ended']);
  });

  test('is known for its own stream only', async () => {
    const { viewers } = setUp();
    await viewers.admit('token', REQUEST);
    assert.equal(viewers.find('token', 'another'), undefined);
    assert.equal(viewers.find('nekot', 'lesson'), undefined);
  });

  test('who comes again after a pause is another session', async () => {
    const { viewers, clock, log } = setUp();
    await viewers.admit('token', REQUEST);
    clock.now += 60_000;
    viewers.sweep();
    await viewers.admit('token', REQUEST);
    assert.deepEqual(log, ['start 1', 'end 1 client_left', 'start 2']);
  });

  test('who was removed is remembered; others are not affected', async () => {
    const { viewers, registry } = setUp();
    await viewers.admit('token', REQUEST);
    await viewers.admit('other', REQUEST);
    registry
      .list(({ details }) => details.clientId === 1)[0]!
      .end({ code: 'dropped', message: 'Dropped.' });
    assert.equal(viewers.find('token', 'lesson'), undefined);
    assert.equal(viewers.isDropped('token'), true);
    assert.equal(viewers.isDropped('other'), false);
    assert.ok(viewers.find('other', 'lesson'));
  });
});

describe('admission', () => {
  test('is asked once for requests that come together', async () => {
    const { viewers, registry, log } = setUp();
    let answer!: (decision: Decision) => void;
    let asked = 0;
    registry.addCheck(() => {
      asked++;
      return new Promise((resolve) => (answer = resolve));
    });
    const together = [viewers.admit('token', REQUEST), viewers.admit('token', REQUEST)];
    assert.equal(viewers.find('token', 'lesson'), undefined);
    answer(admitted);
    assert.deepEqual(await Promise.all(together), [admitted, admitted]);
    assert.equal(asked, 1);
    assert.deepEqual(log, ['start 1']);
  });

  test('that refuses leaves nobody behind, and can be asked again', async () => {
    const { viewers, registry, log } = setUp();
    registry.addCheck(async ({ details }) =>
      details.args.length > 0 ? refused('forbidden', 'No.') : admitted,
    );
    assert.equal((await viewers.admit('token', REQUEST)).admitted, false);
    assert.equal(viewers.find('token', 'lesson'), undefined);
    assert.equal((await viewers.admit('token', { ...REQUEST, args: [] })).admitted, true);
    assert.deepEqual(log, ['refused 1', 'start 2']);
  });

  test('of a viewer who leaves meanwhile leaves nobody behind', async () => {
    const { viewers, registry, log } = setUp();
    let answer!: (decision: Decision) => void;
    registry.addCheck(() => new Promise((resolve) => (answer = resolve)));
    const decision = viewers.admit('token', REQUEST, (session) =>
      session.end({ code: 'client_left', message: 'Gone.' }),
    );
    answer(admitted);
    assert.equal((await decision).admitted, false);
    assert.equal(viewers.find('token', 'lesson'), undefined);
    assert.deepEqual(log, ['refused 1']);
  });

  test('counts the limit of clients', async () => {
    const { viewers } = setUp({ maxClients: 1 });
    assert.equal((await viewers.admit('a', REQUEST)).admitted, true);
    const second = await viewers.admit('b', REQUEST);
    assert.ok(!second.admitted && second.refusal.code === 'limit');
  });
});
