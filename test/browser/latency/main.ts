/**
 * `npm run latency`: measures publish-to-display delay of every transport, steady and after what
 * happens in a lesson, and prints a table (`-- --help` for its options).
 * Writes `test-results/latency/latency.json` and `latency.svg`.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { startChromium } from '../../helpers/chromium.ts';
import { startTestGateway, type TestGateway } from '../../helpers/gateway.ts';
import { startNodeMediaServer } from '../../helpers/node-media-server.ts';
import { readCommandLine } from '../../helpers/command-line.ts';
import { openScope, type Scope } from '../../helpers/scope.ts';
import { startUdpRelay, type UdpRelay } from '../../helpers/udp-relay.ts';
import { captureOffset, type CaptureOffset } from './capture-offset.ts';
import { disturb, disturbanceFigures, type DisturbanceFigures } from './disturbances.ts';
import { delaysOf, summary, type DelayFigures } from './figures.ts';
import { histogramSvg } from './histogram.ts';
import { leadThroughRelay } from './lead-through-relay.ts';
import { afterKeyFrame, measure } from './measurement.ts';
import { makeNumberedMedia, type NumberedMedia } from './numbered-media.ts';
import { publishNumbered, wallClock, type NumberedPublisher } from './numbered-publisher.ts';
import { readOptions, USAGE } from './options.ts';
import { startTcpRelay, type TcpRelay } from './tcp-relay.ts';
import { serveTodaysPage } from './today.ts';
import { openViewer } from './viewer.ts';

/** The start does not count to the steady time, seconds. */
const SETTLE = 5;
const VISITS = 5;
const results = join(import.meta.dirname, '..', '..', '..', 'test-results', 'latency');

interface Result {
  readonly name: string;
  /** Median of some visits, ms. */
  readonly firstFrame: number;
  readonly steady: DelayFigures;
  /** The player's own measurement at the end, ms. */
  readonly measured: number | undefined;
  readonly soundOffset: number | undefined;
  readonly disturbances: readonly DisturbanceFigures[];
  readonly delays: readonly number[];
}

interface Bench {
  readonly scope: Scope;
  readonly gateway: TestGateway;
  readonly browser: Browser;
  readonly media: NumberedMedia;
  readonly publisher: NumberedPublisher;
  readonly tcp: TcpRelay;
  readonly udp: UdpRelay;
  readonly capture: CaptureOffset;
  readonly seconds: number;
  readonly quick: boolean;
}

async function measureTransport(bench: Bench, transport: string): Promise<Result> {
  const { browser, gateway, media, publisher, tcp, udp, seconds, quick } = bench;
  const path = `/player/numbered?transport=${transport}`;
  const mediaPort = gateway.gateway.ports.webrtc;
  await afterKeyFrame(publisher, media.fps, 400);
  const viewer = await openViewer(browser, `http://127.0.0.1:${tcp.port}${path}`, {
    prepare: (page) => leadThroughRelay(page, mediaPort, udp.port),
  });
  await wait((SETTLE + seconds) * 1000);
  const steadyUntil = wallClock();
  const { measured } = await viewer.read();
  const spans = quick
    ? []
    : await disturb({ viewer, publisher, tcp, udp, seconds: Math.min(30, seconds) });
  const notes = await viewer.read();
  await viewer.close();
  const frames = delaysOf(publisher.sent, notes.shown);
  const steadyFrom = notes.startedAt + SETTLE * 1000;
  const steady = summary(frames, steadyFrom, steadyUntil);

  const listened = await measure({
    ...{ browser, media, publisher, url: `${gateway.http}${path}`, sound: true },
    ...{ seconds: 10, settle: SETTLE },
  });
  return {
    name: transport,
    firstFrame: await firstFrame(bench, `${gateway.http}${path}`),
    steady,
    measured,
    soundOffset: withoutCapture(listened.soundOffset, transport, bench.capture),
    disturbances: disturbanceFigures(spans, frames, steady.p95),
    delays: frames
      .filter(({ at }) => at >= steadyFrom && at <= steadyUntil)
      .map(({ delay }) => Math.round(delay * 10) / 10),
  };
}

/** A sound's offset without what listening added: WebCodecs's sound is Web Audio's in any case. */
function withoutCapture(
  offset: number | undefined,
  transport: string,
  { element, stream }: CaptureOffset,
): number | undefined {
  if (offset === undefined || transport === 'webcodecs') return offset;
  return offset - (transport === 'webrtc' ? stream : element);
}

/**
 * Time to the first frame, ms: the median of visits with a browser that has been somewhere before,
 * each joined at the same place between two key frames.
 */
async function firstFrame(bench: Bench, url: string): Promise<number> {
  const all: number[] = [];
  for (let visit = 0; visit < VISITS; visit += 1) {
    const seconds = url.includes('hls') ? 4 : 1.5;
    all.push((await measure({ ...bench, url, seconds, settle: 0 })).firstFrame);
  }
  return all.sort((a, b) => a - b)[Math.floor(VISITS / 2)] ?? NaN;
}

async function measureToday({ scope, browser, media, seconds }: Bench): Promise<Result> {
  const server = await startNodeMediaServer(scope);
  const publisher = await publishNumbered(scope, `${server.url}/numbered`, media);
  await afterKeyFrame(publisher, media.fps, 400);
  const url = `ws://127.0.0.1:${server.httpPort}/live/numbered.flv`;
  const viewer = await openViewer(browser, await serveTodaysPage(scope, url));
  await wait((SETTLE + seconds) * 1000);
  const notes = await viewer.read();
  await viewer.close();
  await publisher.stop();
  const frames = delaysOf(publisher.sent, notes.shown);
  const from = notes.startedAt + SETTLE * 1000;
  return {
    name: 'node-media-server, mpegts.js',
    firstFrame: (notes.shown[0]?.at ?? NaN) - notes.startedAt,
    steady: summary(frames, from),
    measured: undefined,
    soundOffset: undefined,
    disturbances: [],
    delays: frames.filter(({ at }) => at >= from).map(({ delay }) => Math.round(delay * 10) / 10),
  };
}

function printTable(all: readonly Result[]): void {
  const cell = (value: number | undefined) =>
    value === undefined || !Number.isFinite(value) ? '–' : String(Math.round(value));
  const lines = [
    '| transport | first frame | p50 | p95 | worst | lost | player says | sound after picture |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...all.map(({ name, firstFrame, steady, measured, soundOffset }) => {
      const figures = [firstFrame, steady.p50, steady.p95, steady.worst].map(cell);
      const lost = `${steady.lost} of ${steady.frames + steady.lost}`;
      return `| ${[name, ...figures, lost, cell(measured), cell(soundOffset)].join(' | ')} |`;
    }),
  ];
  const disturbed = all.filter(({ disturbances }) => disturbances.length > 0);
  if (disturbed.length > 0) {
    lines.push(
      '',
      '| transport | disturbance | p50 during | p95 during | lost | back after |',
      '| --- | --- | --- | --- | --- | --- |',
      ...disturbed.flatMap(({ name, disturbances }) =>
        disturbances.map(({ name: what, during, recovery }) => {
          const back = recovery === undefined ? 'not in 8 s' : `${Math.round(recovery)} ms`;
          return `| ${[name, what, cell(during.p50), cell(during.p95), during.lost, back].join(' | ')} |`;
        }),
      ),
    );
  }
  console.log(`\nMilliseconds from the publisher's socket to the screen.\n\n${lines.join('\n')}\n`);
}

const { transports, seconds, quick } = readCommandLine(USAGE, readOptions);
const scope = openScope();
try {
  const gateway = await startTestGateway(scope, { webrtc_port: 0, webrtc_bind: '127.0.0.1' });
  const media = await makeNumberedMedia(scope, { seconds: 24 });
  const browser = await startChromium(scope, { autoplay: true });
  const capture = await captureOffset(scope, browser);
  const bench: Bench = {
    ...{ scope, gateway, media, browser, capture, quick, seconds },
    publisher: await publishNumbered(scope, `${gateway.rtmp}/numbered`, media),
    tcp: await startTcpRelay(scope, gateway.gateway.ports.http),
    udp: await startUdpRelay(scope, gateway.gateway.ports.webrtc, { loss: 0, delay: [0, 0] }),
  };
  const all: Result[] = [];
  for (const transport of transports) {
    console.log(`Measuring ${transport}.`);
    all.push(
      transport === 'today' ? await measureToday(bench) : await measureTransport(bench, transport),
    );
  }
  printTable(all);
  await mkdir(results, { recursive: true });
  await writeFile(join(results, 'latency.json'), `${JSON.stringify(all, null, 1)}\n`);
  const rows = all.map(({ name, delays }) => ({ label: name, delays }));
  await writeFile(join(results, 'latency.svg'), histogramSvg(rows));
  console.log(`Written to ${results}.`);
} finally {
  await scope.close();
}
