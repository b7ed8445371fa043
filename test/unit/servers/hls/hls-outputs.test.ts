import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Stream } from '../../../../gateway/live/stream.ts';
import { HlsOutputs } from '../../../../gateway/servers/hls/hls-outputs.ts';
import { aacConfig, avcConfig, camera } from '../../../helpers/crafted-media.ts';

const GOP = { frames: 10_000, bytes: 1e9, duration: 1e9 };

/** A hub of hand-made streams, and a clock that only the test moves. */
function setUp() {
  const streams = new Map<string, Stream>();
  const clock = { now: Date.UTC(2026, 0, 1) };
  let runs = 0;
  const outputs = new HlsOutputs({
    source: { find: (name) => streams.get(name) },
    settings: () => ({ fragment: 2, playlistLength: 4, maxBytes: 1e8 }),
    now: () => clock.now,
    newRun: () => `run${++runs}`,
  });
  const publish = (name: string, seconds = 3): Stream => {
    const stream = streams.get(name) ?? new Stream(name, () => GOP);
    streams.set(name, stream);
    stream.begin(clock.now);
    for (const packet of [avcConfig(), aacConfig(), ...camera({ seconds })]) stream.push(packet);
    return stream;
  };
  return { streams, clock, outputs, publish };
}

test('nothing is muxed until it is asked for', () => {
  const { outputs, publish } = setUp();
  publish('a');
  publish('b');
  assert.equal(outputs.streams.length, 0);
  assert.equal(outputs.isLive('a'), true);
  outputs.open('a');
  assert.equal(outputs.streams.length, 1);
});

test('everybody who asks gets the same stream', () => {
  const { outputs, publish } = setUp();
  publish('a');
  assert.equal(outputs.open('a'), outputs.open('a'));
});

describe('there is nothing', () => {
  test('under a name that nobody publishes', () => {
    const { outputs, streams } = setUp();
    assert.equal(outputs.open('nobody'), undefined);
    assert.equal(outputs.has('nobody'), false);
    streams.set('waiting', new Stream('waiting', () => GOP)); // viewers of it, no publisher
    assert.equal(outputs.isLive('waiting'), false);
    assert.equal(outputs.open('waiting'), undefined);
  });
});

describe('when nobody asks', () => {
  test('for a minute, muxing stops', () => {
    const { outputs, publish, clock } = setUp();
    const stream = publish('a');
    const hls = outputs.open('a')!;
    clock.now += 59_999;
    outputs.sweep();
    assert.equal(outputs.streams.length, 1);
    outputs.open('a');
    clock.now += 59_999;
    outputs.sweep();
    assert.equal(hls.ended, false);
    clock.now += 1;
    outputs.sweep();
    assert.equal(outputs.streams.length, 0);
    assert.equal(hls.ended, true);
    // It can begin again, as another run.
    assert.notEqual(outputs.open('a'), hls);
    assert.equal(stream.state, 'live');
  });
});

describe('when the publisher leaves', () => {
  test('the end can still be had for a minute', () => {
    const { outputs, publish, clock } = setUp();
    const stream = publish('a');
    const hls = outputs.open('a')!;
    stream.end();
    assert.equal(outputs.isLive('a'), false);
    assert.equal(outputs.has('a'), true);
    assert.equal(outputs.open('a'), hls);
    assert.match(hls.playlist!, /ENDLIST/);
    clock.now += 60_000;
    outputs.sweep();
    assert.equal(outputs.open('a'), undefined);
  });

  test('and comes back, there is nothing left of what was', () => {
    const { outputs, publish, clock } = setUp();
    const stream = publish('a');
    const before = outputs.open('a')!;
    stream.end();
    const oldNames = before.playlist!.match(/run1-\d+\.ts/g)!;
    clock.now += 5000;
    publish('a');
    const after = outputs.open('a')!;
    assert.notEqual(after, before);
    for (const packet of camera({ from: 3000, seconds: 4 })) stream.push(packet);
    assert.match(after.playlist!, /run2-/);
    assert.doesNotMatch(after.playlist!, /run1-/);
    assert.ok(oldNames.every((name) => after.file(name) === undefined));
    assert.ok(after.nextMediaSequence > before.nextMediaSequence);
  });

  test('and the hub has another stream of that name, that one is served', () => {
    const { outputs, publish, streams } = setUp();
    publish('a');
    const before = outputs.open('a');
    streams.delete('a');
    const stream = publish('a');
    const after = outputs.open('a')!;
    assert.equal(after.source, stream);
    assert.equal(before!.ended, true);
  });
});

test('numbers of a later run are ahead, also of one in another process', () => {
  const { outputs, publish, clock } = setUp();
  publish('a');
  const first = outputs.open('a')!.nextMediaSequence;
  const later = setUp();
  later.clock.now = clock.now + 10_000;
  later.publish('a');
  assert.equal(later.outputs.open('a')!.nextMediaSequence, first + 10);
});

test('closing ends all streams', () => {
  const { outputs, publish } = setUp();
  publish('a');
  const hls = outputs.open('a')!;
  outputs.close();
  assert.equal(hls.ended, true);
  assert.equal(outputs.streams.length, 0);
});
