import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FlowWatch } from '../../../../web-player/src/playback/flow-watch.ts';

/** 25 pictures a second of 3 packets each from `from` to `to`, looked at four times a second. */
function play(watch: FlowWatch, from: number, to: number, decodedUntil = to) {
  const seen = new Set<string>();
  for (let now = from; now <= to; now += 250) {
    seen.add(
      watch.observe(now, {
        bytesReceived: now * 100,
        videoPackets: Math.floor((now * 25) / 1000) * 3,
        framesDecoded: Math.floor((Math.min(now, decodedUntil) * 25) / 1000),
      }),
    );
  }
  return [...seen];
}

describe('the watch over a live stream', () => {
  it('is content with a stream that plays', () => {
    assert.deepEqual(play(new FlowWatch(), 0, 5000), ['flowing']);
  });

  it('says nothing before there is anything', () => {
    const watch = new FlowWatch();
    const none = { bytesReceived: 0, videoPackets: 0, framesDecoded: 0 };
    for (let now = 0; now < 5000; now += 250) assert.equal(watch.observe(now, none), 'flowing');
  });

  it('sees that nothing comes any more, and that it comes again', () => {
    const watch = new FlowWatch();
    play(watch, 0, 1000);
    const same = { bytesReceived: 100_000, videoPackets: 75, framesDecoded: 25 };
    assert.equal(watch.observe(2000, same), 'flowing');
    assert.equal(watch.observe(2250, same), 'still');
    assert.equal(watch.observe(2500, { ...same, bytesReceived: 101_000 }), 'flowing');
  });

  it('sees that what comes becomes no pictures', () => {
    assert.deepEqual(play(new FlowWatch(), 0, 3500, 2000), ['flowing', 'stuck']);
  });

  it('leaves what an outage held up its time to become pictures', () => {
    const watch = new FlowWatch();
    play(watch, 0, 1000);
    // A part of a picture still came.
    const last = { bytesReceived: 100_100, videoPackets: 76, framesDecoded: 25 };
    for (let now = 1250; now < 2500; now += 250) watch.observe(now, last);
    assert.equal(watch.observe(2500, last), 'still');
    // Three seconds' worth comes at once; the first picture of it takes some 100 ms.
    const burst = { bytesReceived: 400_000, videoPackets: 300, framesDecoded: 25 };
    assert.equal(watch.observe(4000, burst), 'flowing');
    assert.equal(watch.observe(4250, { ...burst, framesDecoded: 27 }), 'flowing');
    assert.deepEqual(play(watch, 4500, 8000), ['flowing']);
  });

  it('lets slides stand: without packets no picture is missing', () => {
    const watch = new FlowWatch();
    play(watch, 0, 1000);
    for (let now = 1250; now < 9000; now += 250) {
      const sound = { bytesReceived: now * 101, videoPackets: 80, framesDecoded: 25 };
      assert.equal(watch.observe(now, sound), 'flowing');
    }
  });

  it('leaves sound without a picture alone', () => {
    const watch = new FlowWatch();
    for (let now = 0; now < 5000; now += 250) {
      const sound = { bytesReceived: now * 10, videoPackets: 0, framesDecoded: 0 };
      assert.equal(watch.observe(now, sound), 'flowing');
    }
  });
});
