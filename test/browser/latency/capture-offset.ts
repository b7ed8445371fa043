import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import type { Scope } from '../../helpers/scope.ts';
import { soundOffset } from './figures.ts';
import { encodeNumbered } from './numbered-media.ts';
import { openViewer } from './viewer.ts';

/**
 * How much later the probe hears than a viewer would, ms: Web Audio, which it listens through, has a
 * buffer of its own. To be taken off what it says of the transports.
 */
export interface CaptureOffset {
  /** Of a media element's sound: of a plain MP4 file in which sound and picture are in step. */
  readonly element: number;
  /** Of a media stream's, as WebRTC has it: of a tone led through one. */
  readonly stream: number;
}

const FPS = 25;
const SECONDS = 8;

/** Measures both with `browser`, in some 10 s. */
export async function captureOffset(scope: Scope, browser: Browser): Promise<CaptureOffset> {
  const file = await readFile(await encodeNumbered(scope, 'mp4', { seconds: SECONDS }));
  const server = createServer((request, response) => {
    const isFile = request.url === '/numbered.mp4';
    response.setHeader('content-type', isFile ? 'video/mp4' : 'text/html');
    response.end(isFile ? file : '<!doctype html><video autoplay src="numbered.mp4"></video>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const viewer = await openViewer(browser, url, { sound: true });
  await wait(SECONDS * 1000);
  const { heard, shown } = await viewer.read();
  const stream = await viewer.page.evaluate<number>(STREAM_OFFSET);
  await viewer.close();
  return { element: soundOffset(heard, shown, FPS) ?? 0, stream };
}

/** Beeps into a stream, which a second context hears as the probe does; the median delay, ms. */
const STREAM_OFFSET = `(async () => {
  const from = new AudioContext({ latencyHint: 'interactive' });
  const to = new AudioContext({ latencyHint: 'interactive' });
  const destination = from.createMediaStreamDestination();
  const gain = new GainNode(from, { gain: 0 });
  const tone = new OscillatorNode(from, { frequency: 1000 });
  tone.connect(gain).connect(destination);
  tone.start();
  document.querySelector('video').remove();
  const { heard } = globalThis.latencyProbe;
  await globalThis.detectSound(to, to.createMediaStreamSource(destination.stream));
  const begin = from.currentTime + 1;
  const beeps = [0, 1, 2, 3, 4].map((beep) => begin + beep * 0.5);
  for (const at of beeps) gain.gain.setValueAtTime(1, at).setValueAtTime(0, at + 0.06);
  await new Promise((resolve) => setTimeout(resolve, 4000));
  const { contextTime, performanceTime } = from.getOutputTimestamp();
  const due = beeps.map((at) => performance.timeOrigin + performanceTime + (at - contextTime) * 1000);
  const late = due.map((at) => Math.min(...heard.map((one) => one - at).filter((ms) => ms > -100)));
  return late.sort((a, b) => a - b)[2];
})()`;
