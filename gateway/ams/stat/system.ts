import type { StatDelay, StatLibrary, StatSystem } from '../../../shared/stat.ts';
import type { Health } from '../../ops/health.ts';
import type { SessionLimits } from '../../sessions/registry.ts';
import type { SessionList } from '../control/drop.ts';
import { viewersByProtocol } from './report.ts';
import type { Traffic } from './traffic.ts';
import { element, xmlDeclaration, type Attribute } from './xml.ts';

export interface SystemSources {
  readonly sessions: SessionList & { readonly limits: SessionLimits };
  readonly traffic: Traffic;
  readonly health: () => Health;
  readonly callbacksWaiting: () => number;
  readonly delays: () => readonly StatDelay[];
  readonly library?: (() => StatLibrary) | undefined;
  /** Wall clock, ms since 1970. */
  readonly now: () => number;
}

/** The gateway as a whole, at this moment. */
export function statSystem(sources: SystemSources): StatSystem {
  const { limits } = sources.sessions;
  const sessions = sources.sessions.list(({ state }) => state === 'active');
  const players = sessions.filter(({ details }) => details.kind === 'play');
  const count = (app: 'live' | 'vod', rtmp: boolean) =>
    players.filter(({ details }) => details.app === app && (details.protocol === 'rtmp') === rtmp)
      .length;
  const rates = sources.traffic.rates();
  const { uptime, eventLoopDelay, cpu, memory } = sources.health();
  const rtmpLive = count('live', true);
  return {
    max_client: limits.maxClients,
    max_stream: limits.maxStreams,
    http_kbps: kilobits(rates.httpOut),
    http_live_cn: count('live', false),
    http_vod_cn: count('vod', false),
    rtmp_out_kbps: kilobits(rates.rtmpOut),
    rtmp_in_kbps: kilobits(rates.bytesIn),
    rtmp_vod_cn: count('vod', true),
    rtmp_live_cn: rtmpLive,
    rtmp_publish_cn: sessions.length - players.length,
    rtmp_play_cn: rtmpLive,
    now: sources.now(),
    uptime: Math.floor(uptime),
    viewers: viewersByProtocol(players),
    dropped: sources.traffic.totals().dropped,
    memory: memory.resident,
    cpu: tenths(cpu),
    loop_p50: tenths(eventLoopDelay.p50),
    loop_p99: tenths(eventLoopDelay.p99),
    callbacks_waiting: sources.callbacksWaiting(),
    delays: sources.delays(),
    ...(sources.library ? { library: sources.library() } : {}),
  };
}

/** `<sta …/>`, the attributes in the manual's order. */
export function systemXml(system: StatSystem): string {
  const names = [
    'max_client',
    'max_stream',
    'http_kbps',
    'http_live_cn',
    'http_vod_cn',
    'rtmp_out_kbps',
    'rtmp_in_kbps',
    'rtmp_vod_cn',
    'rtmp_live_cn',
    'rtmp_publish_cn',
    'rtmp_play_cn',
  ] as const;
  const attributes = names.map((name): Attribute => [name, system[name]]);
  return xmlDeclaration + element('sta', attributes);
}

function kilobits(bytesPerSecond: number): number {
  return Math.round((bytesPerSecond * 8) / 1000);
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
