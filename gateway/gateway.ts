import { addressList } from './ams/access/address-list.ts';
import { startAms } from './ams/ams.ts';
import { createTransferTeller } from './ams/callbacks/transfers.ts';
import { recorderApi } from './ams/control/library-recorder.ts';
import type { Folders } from './config/folders.ts';
import type { Config } from './config/schema.ts';
import type { ConfigStore } from './config/store.ts';
import { startLibrary } from './library/library.ts';
import { vodSource } from './library/vod-source.ts';
import { Hub } from './live/hub.ts';
import type { LiveSettings } from './live/settings.ts';
import type { Log } from './ops/log.ts';
import { findProgram } from './ops/programs.ts';
import { serveFlv } from './servers/flv/flv-server.ts';
import { HlsServer } from './servers/hls/hls-server.ts';
import { HttpServer } from './servers/http/http-server.ts';
import { pagesAreBuilt, pagesPlugin } from './servers/http/pages.ts';
import { serveVod } from './servers/http/vod-server.ts';
import { RtmpServer } from './servers/rtmp/rtmp-server.ts';
import { serveWebRtc } from './servers/webrtc/serve.ts';
import { admitted, refused } from './sessions/admission.ts';
import { logSessions } from './sessions/log-sessions.ts';
import { SessionRegistry } from './sessions/registry.ts';

export interface GatewayOptions {
  readonly config: Config;
  readonly folders: Folders;
  readonly log: Log;
  /**
   * The configuration's two copies, for `/cfg/get` and `/cfg/set`. Programs that run a gateway
   * inside themselves may leave them out: then it can be read, but not changed over HTTP.
   */
  readonly store?: ConfigStore;
  /** What `/cfg/reload` does: reads the running copy, and calls the gateway's `reload` with it. */
  readonly reload?: () => Promise<string[]>;
}

/** A running gateway. */
export interface Gateway {
  readonly hub: Hub;
  readonly registry: SessionRegistry;
  /** The ports that it listens on, which are not the configured ones where those are 0. */
  readonly ports: { readonly rtmp: number; readonly http: number; readonly webrtc: number };
  /** Applies a configuration; answers the keys that were applied now. Rejects when a port is taken. */
  reload(config: Config): Promise<{ applied: string[] }>;
  /** Ends every session, then everything else. */
  close(): Promise<void>;
}

/** How long connections may take to send what is queued when the server stops, ms. */
const CLOSE_GRACE_MS = 2000;

/** How long the last callbacks may take; what is not delivered by then is kept, ms. */
const CALLBACKS_GRACE_MS = 6000;

/** Puts the rooms together; the only place that knows them all. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { folders, log, store, reload } = options;
  let { config } = options;
  const clock = (): number => performance.now();

  const registry = new SessionRegistry(limitsOf(config));
  logSessions(registry, log);
  const hub = new Hub(() => liveSettings(config), clock);
  registry.addCheck(async ({ details }) => {
    if (details.kind !== 'publish' || (await hub.mayPublish(details.name))) return admitted;
    return refused('busy', `The stream ${JSON.stringify(details.name)} is published already.`);
  });

  const teller = createTransferTeller({ config: () => config, log });
  const library = await startLibrary({
    config: () => config,
    folders,
    hub,
    registry,
    log,
    ffmpeg: findProgram('ffmpeg'),
    ffprobe: findProgram('ffprobe'),
    tell: ({ id, kind, name, args }, report, signal) =>
      teller.tell({ id, kind, name, args, ...report }, signal),
  });
  const files = vodSource(library.media, () => config);

  const rtmp = new RtmpServer({
    hub,
    registry,
    log,
    settings: () => ({
      handshakeTimeoutMs: config.handshake_timeout * 1000,
      publishTimeoutMs: config.publish_timeout * 1000,
    }),
  });

  let proxies = addressList(config.trusted_proxies);
  const trustsProxy = (address: string): boolean => proxies.has(address);
  const http = new HttpServer({ trustsProxy });
  serveFlv(http, { hub, registry, trustsProxy });
  serveVod(http, { files, registry, trustsProxy });
  const hls = new HlsServer({
    source: hub,
    registry,
    trustsProxy,
    settings: () => hlsSettings(config),
  });
  hls.register(http.app);
  const webRtc = await serveWebRtc(http, {
    hub,
    registry,
    log,
    trustsProxy,
    ffmpeg: findProgram('ffmpeg'),
    settings: () => webRtcSettings(config),
  });
  const ams = await startAms({
    config: () => config,
    settings: store &&
      reload && { get: () => store.get(), set: (pairs) => store.set(pairs), reload },
    stateFolder: folders.state,
    registry,
    hub,
    app: http.app,
    log,
    recorder: recorderApi(library.recorder),
  });

  if (pagesAreBuilt()) {
    await http.app.register(pagesPlugin, { addresses: () => ({ rtmpPort: rtmp.port }) });
  } else {
    log.warn('there are no pages: the web player is not built (npm run build)');
  }

  await rtmp.listen(config.rtmp_port, config.rtmp_bind);
  try {
    await http.listen(config.http_port, config.http_bind);
    await webRtc.listen(config.webrtc_port, config.webrtc_bind);
  } catch (error) {
    await Promise.all([rtmp.close(0), ams.close(0), library.close()]);
    teller.close();
    throw error;
  }

  return {
    hub,
    registry,
    get ports() {
      return { rtmp: rtmp.port, http: http.port, webrtc: webRtc.port };
    },
    async reload(next) {
      const before = config;
      const changed = (Object.keys(next) as (keyof Config)[]).filter(
        (key) => JSON.stringify(next[key]) !== JSON.stringify(before[key]),
      );
      if (changed.some((key) => key === 'rtmp_port' || key === 'rtmp_bind')) {
        await rtmp.listen(next.rtmp_port, next.rtmp_bind);
      }
      if (changed.some((key) => key === 'http_port' || key === 'http_bind')) {
        await http.listen(next.http_port, next.http_bind);
      }
      if (changed.some((key) => key === 'webrtc_port' || key === 'webrtc_bind')) {
        await webRtc.listen(next.webrtc_port, next.webrtc_bind);
      }
      config = next;
      proxies = addressList(config.trusted_proxies);
      registry.limits = limitsOf(config);
      library.jobs.tellKept();
      return { applied: changed };
    },
    async close() {
      registry.close({ code: 'shutdown', message: 'The server is stopping.' });
      hub.close();
      hls.close();
      await Promise.all([
        webRtc.close(),
        rtmp.close(CLOSE_GRACE_MS),
        http.close(CLOSE_GRACE_MS),
        ams.close(CALLBACKS_GRACE_MS),
        library.close(),
      ]);
      teller.close();
    },
  };
}

const limitsOf = (config: Config) => ({
  maxStreams: config.max_stream,
  maxClients: config.max_client,
});

/** Bytes of segments that one stream may hold in memory. */
const HLS_MAX_BYTES = 256 * 1024 * 1024;

const hlsSettings = (config: Config) => ({
  fragment: config.hls_fragment,
  playlistLength: config.hls_playlist_length,
  maxBytes: HLS_MAX_BYTES,
});

const webRtcSettings = (config: Config) => ({
  publicAddresses: config.webrtc_public_ip,
  maxTranscodes: config.webrtc_max_transcodes,
  waitMs: config.webrtc_wait * 1000,
  publishTimeoutMs: config.publish_timeout * 1000,
});

const liveSettings = (config: Config): LiveSettings => ({
  gop: {
    frames: config.gop_cache_seconds === 0 ? 0 : config.gop_cache_frames,
    bytes: config.gop_cache_bytes,
    duration: config.gop_cache_seconds * 1e6,
  },
  audioRideMs: config.audio_ride_ms,
  mergeWriteMs: config.merge_write_ms,
  viewerQueueBytes: config.viewer_queue_bytes,
  viewerStallMs: config.viewer_stall * 1000,
  republishGraceMs: config.republish_grace * 1000,
  publishConflict: config.publish_conflict,
  publishStaleMs: config.publish_stale_ms,
});
