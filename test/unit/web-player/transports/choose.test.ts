import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chooseTransports, parseTransports } from '../../../../web-player/src/transports/choose.ts';
import { TRANSPORTS } from '../../../../web-player/src/transports/transport.ts';

const everything = { webrtc: true, webcodecs: true, mse: true, nativeHls: true };
const nothing = { webrtc: false, webcodecs: false, mse: false, nativeHls: false };

describe('the transport attribute', () => {
  it('is all of them when missing, auto or nonsense', () => {
    for (const value of [null, '', 'auto', 'carrier-pigeon']) {
      assert.deepEqual(parseTransports(value), TRANSPORTS);
    }
  });

  it('names one, or several in order', () => {
    assert.deepEqual(parseTransports('hls'), ['hls']);
    assert.deepEqual(parseTransports('mse, webrtc pigeon'), ['mse', 'webrtc']);
  });
});

describe('the choice', () => {
  it('takes all that the browser can, fastest first', () => {
    assert.deepEqual(chooseTransports(TRANSPORTS, everything), { order: TRANSPORTS, skipped: [] });
  });

  it('leaves out WebCodecs on an insecure page', () => {
    const { order, skipped } = chooseTransports(TRANSPORTS, { ...everything, webcodecs: false });
    assert.deepEqual(order, ['webrtc', 'mse', 'http-flv', 'hls']);
    assert.deepEqual(skipped, ['webcodecs']);
  });

  it('leaves native HLS to an iPhone', () => {
    assert.deepEqual(chooseTransports(TRANSPORTS, { ...nothing, nativeHls: true }).order, ['hls']);
  });

  it('is empty when nothing works', () => {
    assert.deepEqual(chooseTransports(TRANSPORTS, nothing), { order: [], skipped: TRANSPORTS });
  });
});
