import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ArrivalMarker } from '../../../../gateway/servers/http/arrival-mark.ts';
import type { Packet } from '../../../../shared/media.ts';

const empty = new Uint8Array();

const frame = (milliseconds: number, role: 'config' | 'key' = 'key'): Packet => ({
  ...{ kind: 'video', codec: 'h264', track: 0, role, payload: empty, body: empty },
  ...{ dts: milliseconds * 1000, pts: milliseconds * 1000 },
});

/** A marker and a clock that the test sets. */
function make() {
  let now = 0;
  const marker = new ArrivalMarker(() => now);
  return {
    marker,
    arrive: (at: number, packet: Packet): void => {
      now = at;
      marker.packet(packet);
    },
  };
}

describe('the arrival mark', () => {
  it('is missing until media came', () => {
    const { marker, arrive } = make();
    arrive(5000, {
      kind: 'data',
      carrier: 'data',
      name: 'onMetaData',
      dts: 0,
      pts: 0,
      body: empty,
    });
    arrive(5000, frame(0, 'config'));
    assert.equal(marker.mark, undefined);
  });

  it('ties the newest stream time to the clock', () => {
    const { marker, arrive } = make();
    arrive(5000, frame(0));
    arrive(5040, frame(40));
    assert.deepEqual(marker.mark, { pts: 40, at: 5040 });
  });

  it('is not moved by what came late', () => {
    const { marker, arrive } = make();
    arrive(5000, frame(0));
    arrive(5340, frame(40));
    assert.deepEqual(marker.mark, { pts: 40, at: 5040 });
  });

  it('follows an encoder whose clock drifts', () => {
    const { marker, arrive } = make();
    // 1 % slow: each second of media takes 1010 ms.
    for (let n = 0; n <= 60; n += 1) arrive(n * 1010, frame(n * 1000));
    const off = 60 * 1010 - (marker.mark?.at ?? 0);
    assert.ok(off >= 0 && off <= 200, `${off} ms behind`);
  });

  it('starts anew with a new publisher', () => {
    const { marker, arrive } = make();
    arrive(5000, frame(0));
    marker.discontinuity();
    assert.equal(marker.mark, undefined);
    arrive(9000, frame(100));
    assert.deepEqual(marker.mark, { pts: 100, at: 9000 });
  });
});
