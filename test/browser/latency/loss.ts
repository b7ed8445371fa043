/**
 * `node test/browser/latency/loss.ts [SECONDS]`: WebRTC in Chromium through a UDP relay that, after a
 * steady while, loses 2 % of the datagrams and delays each by 30 to 70 ms, both ways. Prints delay,
 * frames that were never shown, the longest standstill, and how soon the delay was back.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { startChromium } from '../../helpers/chromium.ts';
import { startTestGateway } from '../../helpers/gateway.ts';
import { openScope } from '../../helpers/scope.ts';
import { startUdpRelay } from '../../helpers/udp-relay.ts';
import { delaysOf, recovery, summary, type DelayedFrame } from './figures.ts';
import { leadThroughRelay } from './lead-through-relay.ts';
import { makeNumberedMedia } from './numbered-media.ts';
import { publishNumbered, wallClock } from './numbered-publisher.ts';
import { openViewer } from './viewer.ts';

const LOSS = { loss: 0.02, delay: [30, 70] } as const;
const NONE = { loss: 0, delay: [0, 0] } as const;
/** ms. */
const START = 3_000;
const STEADY = 5_000;
const AFTERWARDS = 7_000;
/** Standstills longer than this are listed, ms. */
const NOTABLE = 150;

/** Where frames were passed over or came late, and the longest time without a new one, ms. */
function standstills(frames: readonly DelayedFrame[], from: number) {
  const lines: string[] = [];
  let longest = 0;
  frames.forEach(({ at, delay, index }, order) => {
    const before = frames[order - 1];
    if (before === undefined) return;
    const gap = at - before.at;
    const missed = index - before.index - 1;
    longest = Math.max(longest, gap);
    if (missed <= 0 && gap <= NOTABLE) return;
    lines.push(
      `  ${((at - from) / 1000).toFixed(2)} s: ${missed} passed over, ${gap.toFixed(0)} ms ` +
        `without a new one, delay ${before.delay.toFixed(0)} → ${delay.toFixed(0)} ms`,
    );
  });
  return { lines, longest };
}

const seconds = Number(process.argv[2] ?? 60);
const scope = openScope();
try {
  const gateway = await startTestGateway(scope, { webrtc_port: 0, webrtc_bind: '127.0.0.1' });
  const port = gateway.gateway.ports.webrtc;
  const media = await makeNumberedMedia(scope, { seconds: 20 });
  const publisher = await publishNumbered(scope, `${gateway.rtmp}/numbered`, media);
  const browser = await startChromium(scope, { autoplay: true });
  const relay = await startUdpRelay(scope, port, { ...NONE });
  const viewer = await openViewer(browser, `${gateway.http}/player/numbered?transport=webrtc`, {
    prepare: (page) => leadThroughRelay(page, port, relay.port),
  });
  await wait(START + STEADY);
  const from = wallClock();
  Object.assign(relay.options, LOSS);
  await wait(seconds * 1000);
  const until = wallClock();
  Object.assign(relay.options, NONE);
  await wait(AFTERWARDS);

  const notes = await viewer.read();
  const frames = delaysOf(publisher.sent, notes.shown);
  const steady = summary(frames, notes.startedAt + START, from);
  const during = summary(frames, from, until);
  const within = frames.filter(({ at }) => at >= from && at <= until);
  const { lines, longest } = standstills(within, from);
  const back = recovery(frames, until, steady.p95 * 1.2);
  const show = ({ p50, p95, worst, lost, frames: shown }: typeof steady): string =>
    `p50 ${p50.toFixed(1)}, p95 ${p95.toFixed(1)}, worst ${worst.toFixed(1)} ms, ` +
    `${lost} of ${shown + lost} frames never shown`;
  console.log(`steady:  ${show(steady)}`);
  console.log(`during:  ${show(during)}; longest standstill ${longest.toFixed(0)} ms`);
  console.log(`back at the steady delay after ${back?.toFixed(0) ?? 'more than 7000'} ms`);
  console.log(lines.join('\n'));
} finally {
  await scope.close();
}
