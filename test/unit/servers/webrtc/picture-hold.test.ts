import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Frame } from '../../../../gateway/servers/webrtc/frame.ts';
import { PictureHold } from '../../../../gateway/servers/webrtc/picture-hold.ts';

const frame = (pts: number): Frame => ({
  ...{ kind: 'video', payloads: [], bytes: 0, timestamp: pts, pts, key: false, disposable: false },
});

const create = (t: TestContext) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 0;
  const sent: [number, number][] = [];
  const hold = new PictureHold(
    () => now,
    ({ pts }) => sent.push([pts, now]),
  );
  const pass = (ms: number): void => {
    for (let step = 0; step < ms; step++) {
      now++;
      t.mock.timers.tick(1);
    }
  };
  return { hold, sent, pass };
};

test('frames go out when their time has come, each after its own wait', (t) => {
  const { hold, sent, pass } = create(t);
  hold.push(frame(0), 8);
  pass(5);
  hold.push(frame(1), 8);
  pass(30);
  hold.push(frame(2), 8);
  pass(30);
  assert.deepEqual(
    sent.map(([pts]) => pts),
    [0, 1, 2],
  );
  for (const [index, due] of [8, 13, 43].entries()) {
    assert.ok(Math.abs(sent[index]![1] - due) <= 1, `frame ${index} at ${sent[index]![1]} ms`);
  }
});

test('what does not wait overtakes nothing', (t) => {
  const { hold, sent, pass } = create(t);
  hold.push(frame(0), 0);
  assert.deepEqual(sent, [[0, 0]]);
  hold.push(frame(1), 8);
  pass(2);
  hold.push(frame(2), 0);
  assert.equal(sent.length, 1);
  pass(8);
  assert.deepEqual(
    sent.map(([pts]) => pts),
    [0, 1, 2],
  );
  hold.push(frame(3), 0);
  assert.equal(sent.at(-1)![0], 3);
});

test('a flush lets out what waits, once', (t) => {
  const { hold, sent, pass } = create(t);
  hold.push(frame(0), 8);
  hold.push(frame(1), 8);
  hold.flush();
  assert.deepEqual(sent, [
    [0, 0],
    [1, 0],
  ]);
  pass(20);
  assert.equal(sent.length, 2);
});

test('a reset drops what waits', (t) => {
  const { hold, sent, pass } = create(t);
  hold.push(frame(0), 8);
  hold.reset();
  pass(20);
  assert.deepEqual(sent, []);
  hold.push(frame(1), 8);
  pass(8);
  assert.equal(sent.length, 1);
});
