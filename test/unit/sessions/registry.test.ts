import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { admitted, refused } from '../../../gateway/sessions/admission.ts';
import { SessionRegistry } from '../../../gateway/sessions/registry.ts';
import type { EndReason, SessionDetails } from '../../../gateway/sessions/session.ts';

const details = (more: Partial<SessionDetails> = {}): SessionDetails => ({
  kind: 'play',
  protocol: 'rtmp',
  app: 'live',
  name: 'lesson',
  clientId: 1,
  addr: '127.0.0.1',
  args: [],
  ...more,
});
const left: EndReason = { code: 'client_left', message: 'The client closed the stream.' };
const ignore = () => {};

suite('session registry', () => {
  test('admits, lists, and ends a session exactly once', async () => {
    const registry = new SessionRegistry({ maxStreams: 2, maxClients: 2 }, () => 1000);
    const seen: string[] = [];
    registry.listen({
      started: (session) => seen.push(`started ${session.details.name}`),
      ended: (session, reason) => seen.push(`ended ${session.details.name} ${reason.code}`),
    });
    const released: EndReason[] = [];
    const { session, decision } = await registry.open(details(), (reason) => released.push(reason));
    assert.equal(decision.admitted, true);
    assert.equal(session.state, 'active');
    assert.equal(session.since, 1000);
    assert.deepEqual(registry.list(), [session]);

    session.end(left);
    session.end({ code: 'dropped', message: 'Too late.' });
    assert.equal(session.reason, left);
    assert.deepEqual(released, [left]);
    assert.deepEqual(registry.list(), []);
    assert.deepEqual(seen, ['started lesson', 'ended lesson client_left']);
  });

  test('a client that is in, and then asks for what it may not have, is let go', async () => {
    const registry = new SessionRegistry({ maxStreams: 2, maxClients: 2 });
    const released: EndReason[] = [];
    const { session } = await registry.open(details(), (reason) => released.push(reason));
    const reason: EndReason = { code: 'refused', message: 'Its connection asked for more.' };
    session.end(reason);
    assert.deepEqual(released, [reason]);
  });

  test('a check that throws refuses the client, and is told', async () => {
    const registry = new SessionRegistry({ maxStreams: 2, maxClients: 2 });
    const bug = new Error('a bug');
    const told: unknown[] = [];
    registry.addCheck(() => Promise.reject(bug));
    registry.listen({ failed: (_, error) => told.push(error) });
    const { decision } = await registry.open(details(), ignore);
    assert.equal(decision.admitted, false);
    assert.deepEqual(told, [bug]);
    assert.deepEqual(registry.list(), []);
  });

  test('asks the checks in order and stops at the first refusal', async () => {
    const registry = new SessionRegistry({ maxStreams: 2, maxClients: 2 });
    const asked: number[] = [];
    registry.addCheck(
      async () => (asked.push(1), { admitted: true, grant: { filename: '/a.mp4' } }),
    );
    registry.addCheck(async () => (asked.push(2), refused('forbidden', 'Not you.')));
    registry.addCheck(async () => (asked.push(3), admitted));
    const refusals: string[] = [];
    registry.listen({
      started: () => assert.fail('nobody may start'),
      ended: () => assert.fail('nobody was in'),
      refused: (_, reason) => refusals.push(reason.message),
    });
    const { decision } = await registry.open(details(), () => assert.fail('nobody to let go'));
    assert.deepEqual(decision, refused('forbidden', 'Not you.'));
    assert.deepEqual(asked, [1, 2]);
    assert.deepEqual(refusals, ['Not you.']);
    assert.deepEqual(registry.list(), []);
  });

  test('merges the grants of all checks', async () => {
    const registry = new SessionRegistry({ maxStreams: 2, maxClients: 2 });
    registry.addCheck(async () => ({ admitted: true, grant: { filename: '/a.mp4' } }));
    registry.addCheck(async () => ({ admitted: true, grant: { record: { now: true } } }));
    const { session } = await registry.open(details(), ignore);
    assert.deepEqual(session.grant, { filename: '/a.mp4', record: { now: true } });
  });

  test('a client that leaves while it is asked about is not admitted, and the check is told', async () => {
    const registry = new SessionRegistry({ maxStreams: 2, maxClients: 2 });
    registry.listen({ started: () => assert.fail('it had left') });
    let aborted = false;
    registry.addCheck(async (session, signal) => {
      signal.addEventListener('abort', () => (aborted = true));
      session.end(left);
      return admitted;
    });
    const { decision } = await registry.open(details(), ignore);
    assert.equal(decision.admitted, false);
    assert.equal(aborted, true);
    assert.deepEqual(registry.list(), []);
  });

  test('refuses above the limits of streams and clients, each counted for itself', async () => {
    const registry = new SessionRegistry({ maxStreams: 1, maxClients: 1 });
    const publish = details({ kind: 'publish' });
    const first = await registry.open(publish, ignore);
    const second = await registry.open(publish, ignore);
    assert.deepEqual(second.decision, refused('limit', 'The limit of 1 streams is reached.'));
    assert.equal((await registry.open(details(), ignore)).decision.admitted, true);
    assert.deepEqual(
      (await registry.open(details(), ignore)).decision,
      refused('limit', 'The limit of 1 clients is reached.'),
    );
    first.session.end(left);
    assert.equal((await registry.open(publish, ignore)).decision.admitted, true);
  });

  test('closing ends everybody and lets nobody in', async () => {
    const registry = new SessionRegistry({ maxStreams: 9, maxClients: 9 });
    const reasons: string[] = [];
    await registry.open(details(), (reason) => reasons.push(reason.code));
    await registry.open(details({ kind: 'publish' }), (reason) => reasons.push(reason.code));
    registry.close({ code: 'shutdown', message: 'The server is stopping.' });
    assert.deepEqual(reasons, ['shutdown', 'shutdown']);
    const late = await registry.open(details(), ignore);
    assert.deepEqual(late.decision, refused('shutdown', 'The server is stopping.'));
  });

  test('a listener that throws keeps neither the others nor the session from going on', async () => {
    const registry = new SessionRegistry({ maxStreams: 9, maxClients: 9 });
    const seen: string[] = [];
    const broken = (): never => {
      throw new Error('a bug');
    };
    registry.listen({ started: broken, ended: broken });
    registry.listen({
      started: () => seen.push('started'),
      ended: () => seen.push('ended'),
      failed: (_, error) => seen.push((error as Error).message),
    });
    const { session, decision } = await registry.open(details(), ignore);
    assert.equal(decision.admitted, true);
    session.end(left);
    assert.deepEqual(seen, ['a bug', 'started', 'a bug', 'ended']);
    assert.deepEqual(registry.list(), []);
  });

  test('client ids count from 1 and stay apart between workers and nodes', async () => {
    const { createClientIds } = await import('../../../gateway/sessions/client-ids.ts');
    const single = createClientIds();
    assert.deepEqual([single(), single()], [1, 2]);
    const other = createClientIds({ node: 255, worker: 255 });
    const id = other();
    assert.equal(Number.isSafeInteger(id), true);
    assert.notEqual(id, createClientIds({ node: 255, worker: 254 })());
  });
});
