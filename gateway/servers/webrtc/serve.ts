import type { HttpServer } from '../http/http-server.ts';
import { webRtcRoutes } from './routes.ts';
import type { WebRtcOptions } from './webrtc-server.ts';
import { WebRtcServer } from './webrtc-server.ts';

export interface ServeWebRtcOptions extends WebRtcOptions {
  readonly trustsProxy: (address: string) => boolean;
}

/** What the composition root holds of WebRTC. */
export interface WebRtcService {
  /** The media port, over UDP and TCP; 0 while it is closed. */
  readonly port: number;
  readonly server: WebRtcServer;
  /** Opens the media port, or moves it. A port that is taken is a warning: everything else runs. */
  listen(port: number, host: string): Promise<void>;
  /** A browser has turned up, and may soon send an offer. */
  expect(): void;
  close(): Promise<void>;
}

/** WebRTC playing (WHEP) and publishing (WHIP) below `/live/NAME/`. */
export const serveWebRtc = async (
  http: HttpServer,
  { trustsProxy, ...options }: ServeWebRtcOptions,
): Promise<WebRtcService> => {
  const server = new WebRtcServer(options);
  await http.app.register(webRtcRoutes, { server, log: options.log, trustsProxy });
  return {
    server,
    get port() {
      return server.port;
    },
    async listen(port, host) {
      try {
        await server.listen(port, host);
      } catch (error) {
        const reason = (error as Error).message;
        options.log.warn(`WebRTC is off: UDP port ${port} cannot be opened (${reason})`);
        return;
      }
      await server.selfTest();
    },
    expect() {
      if (server.port === 0) return;
      // The log says why it failed; the first offer tries again.
      server.prepare().catch(() => {});
    },
    close: () => server.close(),
  };
};
