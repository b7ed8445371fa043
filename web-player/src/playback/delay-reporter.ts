/**
 * Keeps the delay meter supplied: asks the gateway for its clock and the stream's mark, looks at
 * what is presented once a second, and reports what this viewer sees a few times a minute.
 */
import type { Transport, TransportStatistics } from '../transports/transport.ts';
import { DelayMeter, parseTimingAnswer } from './delay-meter.ts';

/** Times of the first exchanges after the start, then the interval; ms. */
const FIRST = [0, 700, 1500, 3000, 6000];
const INTERVAL = 20_000;
const LOOK_INTERVAL = 500;

export interface DelayReporter {
  readonly meter: DelayMeter;
  stop(): void;
}

/**
 * Starts. `url` is the stream's timing address; `transport` answers what plays now, if anything;
 * with `report` false, nothing about the viewer is told.
 */
export function startDelayReporter(
  url: string,
  transport: () => Transport | undefined,
  report: boolean,
): DelayReporter {
  const meter = new DelayMeter();
  const abort = new AbortController();
  let exchanges = 0;
  let timer: ReturnType<typeof setTimeout>;
  let measured: Transport | undefined;

  const look = setInterval(() => {
    const now = transport();
    if (now !== measured) meter.clear();
    measured = now;
    const frame = now?.presented();
    if (frame !== undefined && !document.hidden) meter.presented(frame);
  }, LOOK_INTERVAL);

  const exchange = async () => {
    const body = report && exchanges >= FIRST.length ? reportOf(meter, transport()) : undefined;
    const clock = () => performance.timeOrigin + performance.now();
    const sent = clock();
    const response = await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      cache: 'no-store',
      signal: abort.signal,
    });
    const received = clock();
    // A gateway that measures nothing is not asked again.
    if (!response.ok) return false;
    const answer = parseTimingAnswer(await response.json());
    if (answer !== undefined) meter.exchanged(sent, received, answer);
    return true;
  };

  const next = () => {
    exchange().then(
      (again) => {
        exchanges += 1;
        const wait = (FIRST[exchanges] ?? Infinity) - (FIRST[exchanges - 1] ?? 0);
        if (again && !abort.signal.aborted) {
          timer = setTimeout(next, Number.isFinite(wait) ? wait : INTERVAL);
        }
      },
      () => {
        if (!abort.signal.aborted) timer = setTimeout(next, INTERVAL);
      },
    );
  };
  next();

  return {
    meter,
    stop() {
      abort.abort();
      clearInterval(look);
      clearTimeout(timer);
    },
  };
}

/** What a viewer reports: figures of how it plays, nothing of who it is. */
export interface ViewerReport extends Pick<
  TransportStatistics,
  'framesShown' | 'framesDropped' | 'buffered'
> {
  readonly transport: string;
  /** Publish-to-display delay of the last minutes, ms. */
  readonly delay_p50?: number;
  readonly delay_p95?: number;
}

function reportOf(meter: DelayMeter, transport: Transport | undefined): ViewerReport | undefined {
  if (transport === undefined) return undefined;
  const { framesShown, framesDropped, buffered } = transport.statistics();
  const rounded = (value: number | undefined) => value && Math.round(value);
  return {
    transport: transport.name,
    delay_p50: rounded(meter.at(0.5)),
    delay_p95: rounded(meter.at(0.95)),
    framesShown,
    framesDropped,
    buffered,
  };
}
