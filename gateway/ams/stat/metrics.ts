import type { Metrics, Sample } from '../../ops/metrics.ts';
import type { Health } from '../../ops/health.ts';
import type { RegistryEvents, SessionLimits } from '../../sessions/registry.ts';
import type { CallbackFigures } from '../callbacks/callbacks.ts';
import type { SessionList } from '../control/drop.ts';
import type { StatDelay } from '../../../shared/stat.ts';
import type { LiveStreams } from './live-stream.ts';
import type { Traffic } from './traffic.ts';

export interface MetricSources {
  readonly sessions: SessionList & { readonly limits: SessionLimits };
  readonly hub: LiveStreams;
  readonly traffic: Traffic;
  readonly health: () => Health;
  readonly callbacks: () => CallbackFigures;
  readonly delays: () => readonly StatDelay[];
}

/** Adds what Prometheus scrapes; answers what the session registry must tell. */
export function addMetrics(metrics: Metrics, sources: MetricSources): RegistryEvents {
  const { sessions, hub, traffic, health, callbacks, delays } = sources;
  const started = metrics.counter('ams_sessions_started_total', 'Clients let in.');
  const ended = metrics.counter('ams_sessions_ended_total', 'Clients that are over, by reason.');
  const refused = metrics.counter('ams_sessions_refused_total', 'Clients not let in.');

  metrics.collect('gauge', 'ams_sessions', 'Clients of now.', () => {
    const counts = new Map<string, Sample>();
    for (const { details, state } of sessions.list()) {
      const { kind, protocol, app } = details;
      const key = `${kind} ${protocol} ${app} ${state}`;
      const [labels, count] = counts.get(key) ?? [{ kind, protocol, app, state }, 0];
      counts.set(key, [labels, count + 1]);
    }
    return counts.values();
  });
  metrics.collect(
    'gauge',
    'ams_viewer_delay_seconds',
    'Publish to display, as players report it.',
    () =>
      delays().flatMap(({ transport, p50, p95 }): Sample[] => [
        [{ transport, quantile: 0.5 }, p50 / 1000],
        [{ transport, quantile: 0.95 }, p95 / 1000],
      ]),
  );
  metrics.collect('gauge', 'ams_session_limit', 'Most clients at the same time.', () => [
    [{ kind: 'publish' }, sessions.limits.maxStreams],
    [{ kind: 'play' }, sessions.limits.maxClients],
  ]);
  metrics.collect('gauge', 'ams_streams', 'Live streams of now, by state.', () => {
    const counts = new Map<string, number>();
    for (const { state } of hub.streams) counts.set(state, (counts.get(state) ?? 0) + 1);
    return [...counts].map(([state, count]): Sample => [{ state }, count]);
  });
  metrics.collect('counter', 'ams_media_bytes_total', 'Media carried.', () => {
    const { bytesIn, rtmpOut, httpOut } = traffic.totals();
    return [
      [{ direction: 'in', side: 'publish' }, bytesIn],
      [{ direction: 'out', side: 'rtmp' }, rtmpOut],
      [{ direction: 'out', side: 'http' }, httpOut],
    ];
  });
  metrics.collect(
    'counter',
    'ams_dropped_frames_total',
    'Frames left out for slow viewers.',
    () => traffic.totals().dropped,
  );
  metrics.collect('gauge', 'ams_callbacks_waiting', 'Callbacks not answered yet.', () => {
    const { asking, waiting } = callbacks();
    return [
      [{ address: 'rtmp_notify', kind: 'told' }, waiting.rtmp],
      [{ address: 'http_notify', kind: 'told' }, waiting.http],
      [{ address: 'both', kind: 'asked' }, asking],
    ];
  });
  metrics.collect('gauge', 'ams_callback_receiver_up', 'Whether it answered last.', () => {
    const { receiver } = callbacks();
    return (['rtmp', 'http'] as const).map((family): Sample => [
      { address: `${family}_notify` },
      receiver[family] === 'up' ? 1 : 0,
    ]);
  });
  metrics.collect(
    'counter',
    'ams_callbacks_lost_total',
    'Callbacks that could not be kept.',
    () => callbacks().lost,
  );
  metrics.collect('gauge', 'ams_event_loop_delay_seconds', 'How late timers fire.', () => {
    const { eventLoopDelay } = health();
    return [
      [{ quantile: '0.5' }, eventLoopDelay.p50 / 1000],
      [{ quantile: '0.99' }, eventLoopDelay.p99 / 1000],
      [{ quantile: '1' }, eventLoopDelay.max / 1000],
    ];
  });
  metrics.collect('gauge', 'ams_memory_bytes', 'Memory of the process.', () => {
    const { resident, heapUsed, external } = health().memory;
    return [
      [{ part: 'resident' }, resident],
      [{ part: 'heap' }, heapUsed],
      [{ part: 'buffers' }, external],
    ];
  });
  metrics.collect('gauge', 'ams_uptime_seconds', 'Time since the start.', () => health().uptime);

  return {
    started: ({ details: { kind, protocol } }) => started.add(1, { kind, protocol }),
    ended: ({ details: { kind, protocol } }, { code }) =>
      ended.add(1, { kind, protocol, reason: code }),
    refused: ({ details: { kind, protocol } }) => refused.add(1, { kind, protocol }),
  };
}
