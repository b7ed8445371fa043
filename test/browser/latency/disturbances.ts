import type { Page } from 'playwright-core';
import { setTimeout as wait } from 'node:timers/promises';
import type { UdpRelay } from '../../helpers/udp-relay.ts';
import { recovery, summary, type DelayedFrame, type DelayFigures } from './figures.ts';
import type { NumberedPublisher } from './numbered-publisher.ts';
import { wallClock } from './numbered-publisher.ts';
import type { TcpRelay } from './tcp-relay.ts';
import type { Viewer } from './viewer.ts';

export interface Surroundings {
  readonly viewer: Viewer;
  readonly publisher: NumberedPublisher;
  readonly tcp: TcpRelay;
  readonly udp: UdpRelay;
  /** Length of the longer disturbances, seconds. */
  readonly seconds: number;
}

/** What may happen in the middle of a lesson; each resolves when it is over. */
export const DISTURBANCES = {
  'busy page': async ({ viewer }: Surroundings) => {
    await viewer.page.evaluate(
      `{ const end = performance.now() + 500; while (performance.now() < end); }`,
    );
  },
  'stall of 0.2 s': (surroundings: Surroundings) => stall(surroundings, 200),
  'stall of 2 s': (surroundings: Surroundings) => stall(surroundings, 2000),
  'loss and delay': async ({ tcp, udp, seconds }: Surroundings) => {
    tcp.options.stallShare = 0.02;
    udp.options.loss = 0.02;
    udp.options.delay = [30, 70];
    await wait(seconds * 1000);
    tcp.options.stallShare = 0;
    udp.options.loss = 0;
    udp.options.delay = [0, 0];
  },
  'hidden tab': async ({ viewer, seconds }: Surroundings) => {
    // A tab becomes hidden only when another one of its window is activated behind Playwright's back.
    const { page } = viewer;
    const other = await page.context().newPage();
    await activate(other);
    await wait(seconds * 1000);
    await activate(page);
    await other.close();
  },
  'publisher reconnects': async ({ publisher }: Surroundings) => {
    await publisher.stop();
    await wait(1000);
    await publisher.resume();
  },
} as const satisfies Record<string, (surroundings: Surroundings) => Promise<void>>;

/** Nothing comes through for so many ms. */
async function stall({ tcp, udp }: Surroundings, milliseconds: number): Promise<void> {
  tcp.stall(milliseconds);
  udp.options.loss = 1;
  await wait(milliseconds);
  udp.options.loss = 0;
}

async function activate(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { targetInfo } = await session.send('Target.getTargetInfo');
  await session.send('Target.activateTarget', { targetId: targetInfo.targetId });
  await session.detach();
}

export type DisturbanceName = keyof typeof DISTURBANCES;

export interface DisturbanceSpan {
  readonly name: DisturbanceName;
  /** ms since 1970. */
  readonly begin: number;
  readonly end: number;
}

export interface DisturbanceFigures {
  readonly name: DisturbanceName;
  readonly during: DelayFigures;
  /** ms from its end until the delay was back within 20 % of the steady p95 and stayed for 1 s. */
  readonly recovery: number | undefined;
}

/** How long the picture is given to recover before the next disturbance, ms. */
const AFTERWARDS = 8000;

/** Lets everything happen once; answers when what happened. */
export async function disturb(surroundings: Surroundings): Promise<DisturbanceSpan[]> {
  const spans: DisturbanceSpan[] = [];
  for (const name of Object.keys(DISTURBANCES) as DisturbanceName[]) {
    const begin = wallClock();
    await DISTURBANCES[name](surroundings);
    spans.push({ name, begin, end: wallClock() });
    await wait(AFTERWARDS);
  }
  return spans;
}

/** What each disturbance did, compared with the steady 95th percentile in ms. */
export function disturbanceFigures(
  spans: readonly DisturbanceSpan[],
  frames: readonly DelayedFrame[],
  steadyP95: number,
): DisturbanceFigures[] {
  return spans.map(({ name, begin, end }) => ({
    name,
    during: summary(frames, begin, end),
    recovery: recovery(
      frames.filter(({ at }) => at < end + AFTERWARDS),
      end,
      steadyP95 * 1.2,
    ),
  }));
}
