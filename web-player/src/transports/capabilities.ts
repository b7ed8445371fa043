/** What this browser, on this page, can play. */
import type { Capabilities } from './choose.ts';

export function capabilities(): Capabilities {
  return {
    webrtc: 'RTCPeerConnection' in globalThis,
    webcodecs:
      globalThis.isSecureContext &&
      'VideoDecoder' in globalThis &&
      'AudioWorkletNode' in globalThis,
    mse: 'MediaSource' in globalThis || 'ManagedMediaSource' in globalThis,
    nativeHls: document.createElement('video').canPlayType('application/vnd.apple.mpegurl') !== '',
  };
}
