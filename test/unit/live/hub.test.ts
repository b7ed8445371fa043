import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { Hub, type Format } from '../../../gateway/live/hub.ts';
import type { Publisher } from '../../../gateway/live/publication.ts';
import type { LiveSettings } from '../../../gateway/live/settings.ts';
import { Viewer } from '../../../gateway/live/viewer.ts';
import { liveSettings } from '../../helpers/live-settings.ts';
import { playing, video } from './packets.ts';

const nobody: Publisher = { replaced: () => assert.fail('nobody takes over') };

function setUp(t: TestContext, settings: Partial<LiveSettings> = {}) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const time = { now: 0 };
  const all = { ...liveSettings, ...settings };
  const hub = new Hub(
    () => all,
    () => time.now,
    () => 1_000_000 + time.now,
  );
  const events: string[] = [];
  hub.listen({
    opened: ({ name }) => events.push(`opened ${name}`),
    closed: ({ name }) => events.push(`closed ${name}`),
  });
  const tick = (ms: number): void => {
    time.now += ms;
    t.mock.timers.tick(ms);
  };
  return { hub, events, time, tick };
}

function viewer() {
  let bytes = 0;
  const states: string[] = [];
  const sink = {
    queued: 0,
    write: (piece: Uint8Array) => void (bytes += piece.length),
    writeAll: (pieces: readonly Uint8Array[]) => pieces.forEach((piece) => (bytes += piece.length)),
  };
  return {
    viewer: new Viewer(sink, playing(), (state) => states.push(state)),
    states,
    get bytes() {
      return bytes;
    },
  };
}

let created = 0;
const raw: Format = {
  key: 'raw',
  create() {
    created++;
    return {
      size: (packet) => packet.body.length,
      write: (target, offset, packet) => (
        target.set(packet.body, offset),
        offset + packet.body.length
      ),
    };
  },
};

suite('hub', () => {
  test('a stream is there from its publisher to its end', (t) => {
    const { hub, events } = setUp(t);
    const publication = hub.publish('lesson', nobody)!;
    assert.equal(hub.find('lesson'), publication.stream);
    assert.deepEqual(
      hub.streams.map(({ name, state }) => [name, state]),
      [['lesson', 'live']],
    );
    assert.equal(publication.stream.since, 1_000_000);
    publication.end(true);
    publication.end(true);
    publication.push(video(0, 'key'));
    publication.flush();
    assert.equal(hub.find('lesson'), undefined);
    assert.deepEqual(events, ['opened lesson', 'closed lesson']);
  });

  test('viewers who come first wait, and start with the publisher; a format has one muxer', (t) => {
    const { hub, events } = setUp(t);
    created = 0;
    const early = viewer();
    const other = viewer();
    const leave = hub.watch('lesson', raw, early.viewer);
    const leaveOther = hub.watch('lesson', raw, other.viewer);
    assert.equal(created, 1);
    assert.equal(hub.find('lesson')!.state, 'waiting');
    const publication = hub.publish('lesson', nobody)!;
    publication.push(video(0, 'key'));
    publication.flush();
    assert.deepEqual([early.bytes, other.bytes], [10, 10]);
    publication.end(true);
    assert.equal(hub.find('lesson')!.state, 'ended', 'they still wait');
    leave();
    leave();
    leaveOther();
    assert.deepEqual(events, ['opened lesson', 'closed lesson']);
    assert.deepEqual(early.states, ['live', 'ended']);
  });

  test('a publisher that was lost may come back within the grace period', (t) => {
    const { hub, tick } = setUp(t);
    const watching = viewer();
    hub.watch('lesson', raw, watching.viewer);
    hub.publish('lesson', nobody)!.end(false);
    tick(9_999);
    assert.equal(hub.find('lesson')!.state, 'interrupted');
    const again = hub.publish('lesson', nobody)!;
    tick(20_000);
    assert.equal(hub.find('lesson')!.state, 'live');
    assert.deepEqual(watching.states, ['live', 'interrupted', 'live']);
    again.end(false);
    tick(10_000);
    assert.equal(hub.find('lesson')!.state, 'ended');
  });

  test('without a grace period a lost publisher is a gone one', (t) => {
    const { hub } = setUp(t, { republishGraceMs: 0 });
    hub.publish('lesson', nobody)!.end(false);
    assert.equal(hub.find('lesson'), undefined);
  });

  test('a second publisher waits for the first to show signs of life, and is refused', async (t) => {
    const { hub, tick } = setUp(t);
    const first = hub.publish('lesson', nobody)!;
    const answer = hub.mayPublish('lesson');
    tick(1_500);
    first.push(video(0, 'key'));
    first.flush();
    assert.equal(await answer, false, 'told at once, not when the time is over');
    assert.equal(hub.publish('lesson', nobody), undefined);
    assert.equal(first.ended, false);
  });

  test('what a lost publisher had sent before is no sign of life', async (t) => {
    const { hub, tick } = setUp(t);
    const lost = hub.publish('lesson', nobody)!;
    const answer = hub.mayPublish('lesson');
    tick(200);
    lost.push(video(0, 'key'));
    lost.flush();
    tick(700);
    lost.end(false);
    assert.equal(await answer, true);
  });

  test('reads that bring no media are no sign of life', async (t) => {
    const { hub, tick } = setUp(t);
    const first = hub.publish('lesson', { replaced() {} })!;
    const answer = hub.mayPublish('lesson');
    tick(1_500);
    first.flush();
    tick(600);
    assert.equal(await answer, true);
  });

  test('a second publisher takes over from one that has gone silent', async (t) => {
    const { hub, tick } = setUp(t);
    let replaced = 0;
    const first = hub.publish('lesson', { replaced: () => replaced++ })!;
    const answer = hub.mayPublish('lesson');
    tick(2_001);
    assert.equal(await answer, true);
    const second = hub.publish('lesson', nobody)!;
    assert.equal(replaced, 1);
    assert.equal(first.ended, true);
    first.end(true);
    assert.equal(
      hub.find('lesson')!.state,
      'live',
      'the end of the first is not the end of the second',
    );
    assert.equal(second.ended, false);
  });

  test('a second publisher need not wait when the first leaves meanwhile', async (t) => {
    const { hub, tick } = setUp(t);
    const first = hub.publish('lesson', nobody)!;
    const answer = hub.mayPublish('lesson');
    tick(100);
    first.end(false);
    assert.equal(await answer, true);
  });

  test('the policy may be to refuse always, or to take over always', async (t) => {
    const strict = setUp(t, { publishConflict: 'refuse' });
    strict.hub.publish('lesson', nobody);
    strict.time.now = 60_000;
    assert.equal(await strict.hub.mayPublish('lesson'), false);
    assert.equal(strict.hub.publish('lesson', nobody), undefined);
    assert.equal(await strict.hub.mayPublish('other'), true);
  });

  test('policy takeover lets the newest win at once', async (t) => {
    const { hub } = setUp(t, { publishConflict: 'takeover' });
    let replaced = 0;
    hub.publish('lesson', { replaced: () => replaced++ });
    assert.equal(await hub.mayPublish('lesson'), true);
    assert.ok(hub.publish('lesson', nobody));
    assert.equal(replaced, 1);
  });

  test('a held stream stays', (t) => {
    const { hub } = setUp(t);
    const { stream, release } = hub.hold('lesson');
    hub.publish('lesson', nobody)!.end(true);
    assert.equal(hub.find('lesson'), stream);
    release();
    release();
    assert.equal(hub.find('lesson'), undefined);
  });

  test('closing lets publishers go and ends all streams', (t) => {
    const { hub } = setUp(t);
    let replaced = 0;
    const watching = viewer();
    hub.watch('lesson', raw, watching.viewer);
    hub.publish('lesson', { replaced: () => replaced++ });
    hub.close();
    assert.equal(replaced, 1);
    assert.deepEqual(watching.states, ['live', 'ended']);
  });
});
