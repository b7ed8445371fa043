import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PlaybackError } from '../../../../web-player/src/playback/playback-error.ts';
import { TransportLadder } from '../../../../web-player/src/playback/transport-ladder.ts';

const error = new PlaybackError('network', 'It broke.');
const codec = new PlaybackError('codec', 'It cannot be decoded.');

describe('the order of transports', () => {
  it('is gone down step by step, and then from the top again', () => {
    const ladder = new TransportLadder(['webrtc', 'mse']);
    assert.deepEqual([ladder.current, ladder.reason], ['webrtc', { kind: 'first' }]);
    assert.equal(ladder.moveDown('webrtc', error), true);
    const reason = { kind: 'after', failed: 'webrtc', error };
    assert.deepEqual([ladder.current, ladder.reason], ['mse', reason]);
    assert.equal(ladder.moveDown('mse', error), false);
    assert.deepEqual([ladder.current, ladder.reason], ['webrtc', { kind: 'again' }]);
  });

  it('loses what can never work, until it is restored', () => {
    const ladder = new TransportLadder(['webrtc', 'webcodecs', 'mse']);
    assert.equal(ladder.strike('webrtc', codec), true);
    assert.equal(ladder.current, 'webcodecs');
    assert.deepEqual(ladder.reason, { kind: 'after', failed: 'webrtc', error: codec });
    ladder.moveDown('webcodecs', error);
    assert.equal(ladder.strike('mse', codec), false, 'from the top');
    assert.equal(ladder.current, 'webcodecs');
    assert.equal(ladder.strike('webcodecs', codec), false);
    assert.equal(ladder.current, undefined);
    ladder.restore();
    assert.deepEqual([ladder.current, ladder.reason], ['webrtc', { kind: 'first' }]);
  });

  it('is left as it is by a restoration of nothing', () => {
    const ladder = new TransportLadder(['webrtc', 'mse']);
    ladder.moveDown('webrtc', error);
    ladder.restore();
    assert.equal(ladder.current, 'mse');
  });
});
