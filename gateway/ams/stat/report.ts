import type {
  StatClient,
  StatFile,
  StatProtocol,
  StatReport,
  StatStream,
} from '../../../shared/stat.ts';
import { masked, type Mask } from '../../ops/mask.ts';
import type { Session } from '../../sessions/session.ts';
import type { SessionList } from '../control/drop.ts';
import type { LiveStream, LiveStreams } from './live-stream.ts';
import type { EncoderWatch } from './encoder-watch.ts';
import { statAudio, statVideo } from './tracks.ts';
import type { Traffic } from './traffic.ts';
import { warningsOf } from './warnings.ts';

/** What `/stat/NAME` reports on. */
export type ReportKind = 'all' | 'live' | 'vod' | 'channel';

export interface ReportSources {
  readonly sessions: SessionList;
  readonly hub: LiveStreams;
  readonly traffic: Traffic;
  readonly encoders: EncoderWatch;
  readonly mask: () => Mask;
  /** Wall clock, ms since 1970. */
  readonly now: () => number;
}

/** The report of this moment. */
export function statReport(kind: ReportKind, sources: ReportSources): StatReport {
  const sessions = { live: new Map<string, Session[]>(), vod: new Map<string, Session[]>() };
  for (const session of sources.sessions.list()) {
    const { app, name } = session.details;
    const known = sessions[app].get(name);
    if (known === undefined) sessions[app].set(name, [session]);
    else known.push(session);
  }
  const now = sources.now();
  return {
    now,
    ...(kind === 'vod' ? {} : { live: liveStreams(kind, sessions.live, sources, now) }),
    ...(kind === 'all' || kind === 'vod' ? { vod: files(sessions.vod, sources, now) } : {}),
  };
}

function liveStreams(
  kind: ReportKind,
  sessions: ReadonlyMap<string, Session[]>,
  sources: ReportSources,
  now: number,
): StatStream[] {
  const streams = new Map(sources.hub.streams.map((stream) => [stream.name, stream]));
  const names = [...new Set([...streams.keys(), ...sessions.keys()])].sort();
  return names.map((name) => {
    const clients = sessions.get(name) ?? [];
    const stream = streams.get(name);
    const report = streamReport(name, stream, clients, sources, now);
    if (kind === 'channel') return report;
    const ordered = [
      ...clients.filter(({ details }) => details.kind === 'publish'),
      ...clients.filter(({ details }) => details.kind === 'play'),
    ];
    return {
      ...report,
      clients: ordered.map((session) => clientReport(session, sources.mask(), now)),
    };
  });
}

function streamReport(
  name: string,
  stream: LiveStream | undefined,
  clients: readonly Session[],
  { traffic, encoders }: ReportSources,
  now: number,
): StatStream {
  const players = clients.filter(({ details }) => details.kind === 'play');
  const out = players.reduce((sum, { bytes }) => sum + bytes, 0);
  const viewers = viewersByProtocol(players);
  if (stream === undefined) return { ...nothing, name, viewers, bytes_out: out };
  const flow = traffic.ofStream(stream, out);
  const audio = Math.round(flow.audioRate * 8);
  const video = Math.round(flow.videoRate * 8);
  const time = stream.since === 0 ? 0 : Math.max(0, Math.round(now - stream.since));
  const encoder = encoders.of(stream);
  const tracks = {
    video: statVideo(stream, flow.frameRate, encoder),
    audio: statAudio(stream, encoder),
  };
  const browser = clients.some(
    ({ details }) => details.kind === 'publish' && details.protocol === 'webrtc',
  );
  return {
    name,
    active: stream.state === 'live' && audio + video > 0,
    publishing: stream.state === 'live',
    time,
    bw_in: audio + video,
    bytes_in: flow.bytesIn,
    bw_out: Math.round(flow.outRate * 8),
    bytes_out: flow.bytesOut,
    bw_audio: audio,
    bw_video: video,
    viewers,
    ...tracks,
    warnings: stream.state === 'live' ? warningsOf({ time, ...tracks, encoder, browser }) : [],
  };
}

/** A name that clients have asked for and that the hub does not know (yet, or any more). */
const nothing: StatStream = {
  name: '',
  active: false,
  publishing: false,
  time: 0,
  bw_in: 0,
  bytes_in: 0,
  bw_out: 0,
  bytes_out: 0,
  bw_audio: 0,
  bw_video: 0,
  viewers: {},
  video: null,
  audio: null,
  warnings: [],
};

function files(
  sessions: ReadonlyMap<string, Session[]>,
  { mask }: ReportSources,
  now: number,
): StatFile[] {
  return [...sessions]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, clients]) => ({
      name,
      active: clients.some(({ state }) => state === 'active'),
      clients: clients.map((session) => clientReport(session, mask(), now)),
    }));
}

function clientReport(session: Session, mask: Mask, now: number): StatClient {
  const { details, since, bytes, timestamp, dropped, state } = session;
  return {
    id: details.clientId,
    address: details.addr,
    protocol: details.protocol,
    time: Math.max(0, Math.round(now - since)),
    totlebyte: bytes,
    timestamp: Math.round(timestamp),
    dropped,
    publishing: details.kind === 'publish',
    active: state === 'active',
    args: details.args.map(([name, value]) => [name, mask.hides(name) ? masked : value]),
  };
}

/** How many of these sessions speak what. */
export function viewersByProtocol(sessions: readonly Session[]): {
  [P in StatProtocol]?: number;
} {
  const viewers: { [P in StatProtocol]?: number } = {};
  for (const { details } of sessions) {
    viewers[details.protocol] = (viewers[details.protocol] ?? 0) + 1;
  }
  return viewers;
}
