import { join } from 'node:path';
import { addressList } from './ams/access/address-list.ts';
import { startAms } from './ams/ams.ts';
import { createTransferTeller } from './ams/callbacks/transfers.ts';
import { recorderApi } from './ams/control/library-recorder.ts';
import type { Folders } from './config/folders.ts';
import type { Config, ConfigKey } from './config/schema.ts';
import type { ConfigStore } from './config/store.ts';
import { changedKeys } from './config/values.ts';
import { startLibrary } from './library/library.ts';
import { vodSource } from './library/vod-source.ts';
import { Hub } from './live/hub.ts';
import type { Log } from './ops/log.ts';
import { findProgram } from './ops/programs.ts';
import {
  hlsSettings,
  liveSettings,
  rtmpSettings,
  sessionLimits,
  webRtcSettings,
} from './room-settings.ts';
import { DemoChannel } from './servers/demo-channel.ts';
import { serveFlv } from './servers/flv/flv-server.ts';
import { HandRound } from './servers/hand-round/hand-round.ts';
import { HlsServer } from './servers/hls/hls-server.ts';
import { HttpServer } from './servers/http/http-server.ts';
import { livePictureRoutes } from './servers/http/live-picture-routes.ts';
import { LivePictures } from './servers/http/live-pictures.ts';
import { pagesAreBuilt, pagesPlugin } from './servers/http/pages.ts';
import { timingRoutes } from './servers/http/timing.ts';
import { ViewerReports } from './servers/http/viewer-reports.ts';
import { uploadRoutes } from './servers/http/upload-routes.ts';
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
  readonly ports: {
    readonly rtmp: number;
    readonly http: number;
    /** 0 while there is none. */
    readonly https: number;
    readonly webrtc: number;
  };
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

  const registry = new SessionRegistry(sessionLimits(config));
  logSessions(registry, log);
  const hub = new Hub(() => liveSettings(config), clock, Date.now, new HandRound(log).write);
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
  const files = vodSource(library.media, () => config, log);

  const rtmp = new RtmpServer({
    hub,
    registry,
    log,
    files,
    settings: () => rtmpSettings(config),
  });

  let proxies = addressList(config.trusted_proxies);
  const trustsProxy = (address: string): boolean => proxies.has(address);
  const http = new HttpServer({
    trustsProxy,
    onTlsError: (error) => log.error({ error }, 'the renewed certificate is not used'),
  });
  serveFlv(http, { hub, registry, trustsProxy });
  serveVod(http, { files, registry, trustsProxy });
  const hls = new HlsServer({
    source: hub,
    registry,
    trustsProxy,
    settings: () => hlsSettings(config),
  });
  hls.register(http);
  const webRtc = await serveWebRtc(http, {
    hub,
    registry,
    log,
    trustsProxy,
    ffmpeg: findProgram('ffmpeg'),
    settings: () => webRtcSettings(config),
  });
  const demo = new DemoChannel({ hub, registry, files, log });
  const pictures = new LivePictures({
    hub,
    log,
    ffmpeg: findProgram('ffmpeg'),
    run: (program, args, how) => library.runner.run(program, args, how),
    folder: join(folders.state, 'pictures'),
  });
  const picturesAreOpen = (): boolean => !config.enable_http_live_s_notify;
  livePictureRoutes(http.app, { pictures, open: picturesAreOpen });
  const reports = new ViewerReports(clock);
  timingRoutes(http.app, { hub, reports });
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
    deleteFile: (path) => library.deleteFile(path),
    library: () => library.status,
    catalogue: library.catalogue,
    demo,
    delays: () => reports.summary(),
  });
  await uploadRoutes(http.app, { target: library.uploads, guard: ams.guard });

  if (pagesAreBuilt()) {
    await http.app.register(pagesPlugin, {
      rtmpPort: () => rtmp.port,
      httpsPort: () => http.securePort,
      features: ({ socket: { remoteAddress: peer = '' }, headers }) => ({
        api: ams.guard({ peer, headers }) === undefined,
        pictures: pictures.possible && picturesAreOpen(),
      }),
      onVisit: () => webRtc.expect(),
    });
  } else {
    log.warn('there are no pages: the web player is not built (npm run build)');
  }

  const listeners: Listener[] = [
    {
      keys: ['rtmp_port', 'rtmp_bind'],
      listen: ({ rtmp_port, rtmp_bind }) => rtmp.listen(rtmp_port, rtmp_bind),
    },
    {
      keys: ['http_port', 'http_bind'],
      listen: ({ http_port, http_bind }) => http.listen(http_port, http_bind),
    },
    {
      keys: ['https_port', 'http_bind', 'tls_cert', 'tls_key'],
      listen: ({ https_port, http_bind, tls_cert, tls_key }) =>
        http.listenSecurely(https_port, http_bind, { cert: tls_cert, key: tls_key }),
    },
    {
      keys: ['webrtc_port', 'webrtc_bind'],
      listen: ({ webrtc_port, webrtc_bind }) => webRtc.listen(webrtc_port, webrtc_bind),
    },
  ];

  /** Clients first, so that their last callbacks are told; then what serves them. */
  const close = async (graceMs: number, callbacksMs: number): Promise<void> => {
    registry.close({ code: 'shutdown', message: 'The server is stopping.' });
    hub.close();
    hls.close();
    await Promise.all([
      webRtc.close(),
      rtmp.close(graceMs),
      http.close(graceMs),
      ams.close(callbacksMs),
      pictures.close().then(() => library.close()),
    ]);
    teller.close();
  };

  try {
    for (const { listen } of listeners) await listen(config);
  } catch (error) {
    await close(0, 0);
    throw error;
  }

  return {
    hub,
    registry,
    get ports() {
      return {
        rtmp: rtmp.port,
        http: http.port,
        https: http.securePort,
        webrtc: webRtc.port,
      };
    },
    async reload(next) {
      const before = config;
      const changed = changedKeys(before, next);
      await moveListeners(
        listeners.filter(({ keys }) => keys.some((key) => changed.includes(key))),
        before,
        next,
      );
      config = next;
      proxies = addressList(config.trusted_proxies);
      registry.limits = sessionLimits(config);
      library.jobs.tellKept();
      return { applied: changed };
    },
    close: () => close(CLOSE_GRACE_MS, CALLBACKS_GRACE_MS),
  };
}

/** Something that listens at an address of the configuration, and can move. */
interface Listener {
  readonly keys: readonly ConfigKey[];
  readonly listen: (config: Config) => Promise<void>;
}

/** Moves all or none: when one address cannot be had, those that moved go back. */
async function moveListeners(
  listeners: readonly Listener[],
  before: Config,
  next: Config,
): Promise<void> {
  const moved: Listener[] = [];
  try {
    for (const listener of listeners) {
      await listener.listen(next);
      moved.push(listener);
    }
  } catch (error) {
    for (const listener of moved) await listener.listen(before);
    throw error;
  }
}
