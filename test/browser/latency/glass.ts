/**
 * `node test/browser/latency/glass.ts [SECONDS] [TRANSPORT …]`: glass to glass. Numbered pictures
 * are handed to ffmpeg in real time, which encodes them with x264 (zerolatency) and publishes; what
 * counts is the time from the picture's hand-over, as a camera's would be, to its presentation.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { spawn } from 'node:child_process';
import { startChromium } from '../../helpers/chromium.ts';
import { startTestGateway } from '../../helpers/gateway.ts';
import { openScope, type Scope } from '../../helpers/scope.ts';
import { delaysOf, summary } from './figures.ts';
import { PATTERN, PATTERN_BITS, PATTERN_NUMBERS, patternPixels } from './frame-pattern.ts';
import { wallClock, type NumberedPublisher } from './numbered-publisher.ts';
import { openViewer } from './viewer.ts';

const FPS = 25;
/** The start does not count, ms. */
const SETTLE = 3_000;

/** Encodes and publishes numbered pictures as time passes. */
function publishCamera(scope: Scope, url: string): Pick<NumberedPublisher, 'sent'> {
  const { pictureWidth, pictureHeight, width, height, x, y } = PATTERN;
  const encoder = spawn(
    'ffmpeg',
    [
      ...['-hide_banner', '-loglevel', 'error', '-fflags', 'nobuffer'],
      ...['-probesize', '32', '-analyzeduration', '0'],
      ...['-f', 'rawvideo', '-pix_fmt', 'gray', '-s', `${PATTERN_BITS}x2`, '-r', `${FPS}`],
      ...['-i', 'pipe:0'],
      ...['-f', 'lavfi', '-i', `testsrc2=size=${pictureWidth}x${pictureHeight}:rate=${FPS}`],
      '-filter_complex',
      `[0]scale=${width}:${height}:flags=neighbor,format=yuv420p[p];[1][p]overlay=${x}:${y}[v]`,
      ...['-map', '[v]', '-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency'],
      ...['-threads', '1', '-g', `${FPS}`, '-b:v', '700k', '-flush_packets', '1', '-f', 'flv', url],
    ],
    { stdio: ['pipe', 'ignore', 'inherit'] },
  );
  encoder.stdin.on('error', () => undefined);
  const sent: { number: number; at: number }[] = [];
  const begun = performance.now();
  const camera = setInterval(() => {
    while (performance.now() - begun >= (sent.length * 1000) / FPS) {
      const number = sent.length % PATTERN_NUMBERS;
      encoder.stdin.write(patternPixels(number));
      sent.push({ number, at: wallClock() });
    }
  }, 1);
  scope.after(() => {
    clearInterval(camera);
    encoder.kill('SIGKILL');
  });
  return { sent };
}

const [seconds = '20', ...transports] = process.argv.slice(2);
const scope = openScope();
try {
  const gateway = await startTestGateway(scope);
  const browser = await startChromium(scope, { autoplay: true });
  const { sent } = publishCamera(scope, `${gateway.rtmp}/camera`);
  await gateway.streamIs('camera', 'live');
  for (const transport of transports.length > 0 ? transports : ['webrtc', 'webcodecs', 'mse']) {
    const viewer = await openViewer(
      browser,
      `${gateway.http}/player/camera?transport=${transport}`,
    );
    await wait(SETTLE + Number(seconds) * 1000);
    const notes = await viewer.read();
    await viewer.close();
    const figures = summary(delaysOf(sent, notes.shown), notes.startedAt + SETTLE);
    const [p50, p95, worst] = [figures.p50, figures.p95, figures.worst].map(Math.round);
    console.log(
      `${transport}: p50 ${p50}, p95 ${p95}, worst ${worst} ms, ${figures.lost} frames not shown`,
    );
  }
} finally {
  await scope.close();
}
