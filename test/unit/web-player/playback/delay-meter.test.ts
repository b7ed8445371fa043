import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DelayMeter, parseTimingAnswer } from '../../../../web-player/src/playback/delay-meter.ts';

describe('the timing answer', () => {
  it('is read with and without a mark', () => {
    const mark = { pts: 5, at: 6 };
    assert.deepEqual(parseTimingAnswer({ now: 1, mark }), { now: 1, mark });
    assert.deepEqual(parseTimingAnswer({ now: 1, mark: null }), { now: 1 });
    assert.deepEqual(parseTimingAnswer({ now: 1, mark: { pts: '5', at: 6 } }), { now: 1 });
  });

  for (const other of [null, 'now', {}, { now: 'x' }]) {
    it(`${JSON.stringify(other)} is none`, () => assert.equal(parseTimingAnswer(other), undefined));
  }
});

describe('the delay meter', () => {
  it('relates a stream time to its arrival by the gateway’s clock', () => {
    const meter = new DelayMeter();
    // The gateway is 10 s ahead; media of stream time 2000 arrived at its 50000.
    meter.exchanged(40_000, 40_010, { now: 50_005, mark: { pts: 2000, at: 50_000 } });
    assert.equal(meter.presented({ pts: 2100, presentedAt: 40_140 }), 40);
    assert.equal(meter.latest, 40);
  });

  it('takes a segment’s date by the gateway’s clock', () => {
    const meter = new DelayMeter();
    meter.exchanged(0, 0, { now: 5000 });
    assert.equal(meter.presented({ arrivedAt: 6000, presentedAt: 3000 }), 2000);
  });

  it('takes a capture time by this computer’s clock', () => {
    assert.equal(new DelayMeter().presented({ capturedAt: 100, presentedAt: 130 }), 30);
  });

  it('says nothing when clock or mark is missing, or the figure is absurd', () => {
    const meter = new DelayMeter();
    assert.equal(meter.presented({ pts: 0, presentedAt: 0 }), undefined);
    assert.equal(meter.presented({ arrivedAt: 0, presentedAt: 0 }), undefined);
    meter.exchanged(0, 0, { now: 0 });
    assert.equal(meter.presented({ pts: 0, presentedAt: 0 }), undefined);
    assert.equal(meter.presented({ arrivedAt: 0, presentedAt: 10_000_000 }), undefined);
    assert.equal(meter.presented({ arrivedAt: 5000, presentedAt: 0 }), undefined);
  });

  it('a clock that is a little off gives no negative delay', () => {
    assert.equal(new DelayMeter().presented({ capturedAt: 20, presentedAt: 0 }), 0);
  });

  it('forgets when the transport changes', () => {
    const meter = new DelayMeter();
    meter.presented({ capturedAt: 0, presentedAt: 30 });
    assert.equal(meter.at(0.95), 30);
    meter.clear();
    assert.equal(meter.at(0.95), undefined);
    assert.equal(meter.latest, undefined);
  });
});
