import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { SendTimer } from '../../../gateway/live/send-timer.ts';

function setUp(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 0;
  const sent: number[] = [];
  const timer: SendTimer = new SendTimer(
    () => {
      sent.push(now);
      timer.sent();
    },
    () => now,
  );
  t.after(() => timer.close());
  const tick = (ms: number): void => {
    for (let i = 0; i < ms; i++) {
      now++;
      t.mock.timers.tick(1);
    }
  };
  return { timer, sent, tick };
}

suite('send timer', () => {
  test('what waits is sent when the oldest has waited so long', (t) => {
    const { timer, sent, tick } = setUp(t);
    tick(5);
    timer.wait(40);
    tick(23);
    timer.wait(40);
    tick(100);
    assert.deepEqual(sent, [45]);
  });

  test('a timer that is still running does not cut the next wait short', (t) => {
    const { timer, sent, tick } = setUp(t);
    timer.wait(40);
    tick(30);
    timer.sent();
    timer.wait(40);
    tick(100);
    assert.deepEqual(sent, [70]);
  });

  test('while a picture comes each time, no timer sends', (t) => {
    const { timer, sent, tick } = setUp(t);
    for (let picture = 0; picture < 50; picture++) {
      tick(10);
      timer.wait(40, picture * 40 + 40);
      tick(30);
      timer.sent();
    }
    tick(1000);
    assert.deepEqual(sent, []);
  });

  test('a picture that stays away is waited for until the next sound', (t) => {
    const { timer, sent, tick } = setUp(t);
    timer.wait(40, 35);
    tick(23);
    timer.wait(40, 35);
    tick(23);
    timer.wait(40, 35);
    assert.deepEqual(sent, [46]);
  });

  test('… and if that stays away too, not for ever', (t) => {
    const { timer, sent, tick } = setUp(t);
    timer.wait(40, 35);
    tick(1000);
    assert.deepEqual(sent, [200]);
  });

  test('a picture that would come too late is not waited for', (t) => {
    const { timer, sent, tick } = setUp(t);
    timer.wait(40, 35);
    tick(35);
    timer.sent();
    tick(5);
    timer.wait(40, 100);
    tick(100);
    assert.deepEqual(sent, [80]);
  });
});
