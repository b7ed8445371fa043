import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { SoundPacer } from '../../../../gateway/servers/webrtc/sound-pacer.ts';

const create = (t: TestContext) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 0;
  const sent: { number: number; at: number }[] = [];
  const pacer = new SoundPacer(
    () => now,
    (payload) => sent.push({ number: payload[0]!, at: now }),
  );
  const pass = (ms: number): void => {
    for (let step = 0; step < ms; step++) {
      now++;
      t.mock.timers.tick(1);
    }
  };
  return { pacer, sent, pass };
};

test('packets that come in bursts go out evenly, the slowest without a wait', (t) => {
  const { pacer, sent, pass } = create(t);
  // Frames of 30 ms are ready when they end, as one packet of 20 ms, then two, and so on.
  let number = 0;
  const arrivals: number[] = [];
  for (let end = 30; end <= 2400; end += 30) {
    pass(30);
    for (; (number + 1) * 20 <= end; number++) {
      pacer.push(Buffer.from([number]), number * 20_000);
      arrivals.push(end);
    }
  }
  pass(50);
  assert.deepEqual(
    sent.map((one) => one.number),
    arrivals.map((_, index) => index & 0xff),
  );
  // Once the worst packet is known, all are 20 ms apart, but for what the slowest may be late.
  const steady = sent.slice(4);
  for (let index = 1; index < steady.length; index++) {
    const step = steady[index]!.at - steady[index - 1]!.at;
    assert.ok(step >= 15 && step <= 25, `${index}: ${step} ms`);
  }
  const waits = sent.map(({ at }, index) => at - arrivals[index]!);
  assert.ok(Math.max(...waits) <= 20);
});

test('one packet that comes very late does not hold up all others for long', (t) => {
  const { pacer, sent, pass } = create(t);
  for (let number = 0; number < 10; number++) {
    pass(20);
    pacer.push(Buffer.from([number]), number * 20_000);
  }
  pass(300);
  pacer.push(Buffer.from([10]), 200_000);
  const before = sent.length;
  pass(1);
  pacer.push(Buffer.from([11]), 520_000);
  pass(45);
  assert.equal(sent.length, before + 1);
});

test('what was slow while the encoder started delays nothing after three tenths of a second', (t) => {
  const { pacer, sent, pass } = create(t);
  // The first packets waited for it 40 ms and less.
  pass(40);
  for (let number = 0; number < 28; number++) {
    pass(10);
    const pts = number * 10_000;
    pacer.push(Buffer.from([number]), number < 5 ? pts : pts + 40_000);
  }
  assert.equal(sent.at(-1)!.number, 27, 'goes as it comes');
});

test('packets that are late now and then delay no others', (t) => {
  const { pacer, sent, pass } = create(t);
  for (let number = 0; number < 200; number++) {
    pass(10);
    const isLate = number % 25 === 24;
    pacer.push(Buffer.from([number]), number * 10_000 - (isLate ? 30_000 : 0));
    if (!isLate && number > 50) assert.equal(sent.at(-1)!.number, number);
  }
});

test('a reset forgets what waits', (t) => {
  const { pacer, sent, pass } = create(t);
  pass(40);
  pacer.push(Buffer.from([0]), 0);
  pacer.push(Buffer.from([1]), 20_000);
  assert.equal(sent.length, 1);
  pacer.reset();
  pass(100);
  assert.equal(sent.length, 1);
  // Another clock altogether.
  pacer.push(Buffer.from([2]), 900_000_000);
  assert.equal(sent.length, 2);
});
