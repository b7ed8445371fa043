import type { Config } from './config/schema.ts';
import type { LiveSettings } from './live/settings.ts';
import type { HlsSettings } from './servers/hls/hls-stream.ts';
import type { ConnectionSettings } from './servers/rtmp/connection-options.ts';
import type { SessionLimits } from './sessions/registry.ts';

/*
 * What of the configuration each room lives by, in its own words and units. The rooms ask at each
 * use, so that a reload applies.
 */

export const sessionLimits = (config: Config): SessionLimits => ({
  maxStreams: config.max_stream,
  maxClients: config.max_client,
});

export const liveSettings = (config: Config): LiveSettings => ({
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

/** Connections that may be there besides those of admitted clients. */
const SPARE_CONNECTIONS = 1000;

export const rtmpSettings = (config: Config): ConnectionSettings => ({
  maxConnections: config.max_stream + config.max_client + SPARE_CONNECTIONS,
  handshakeTimeoutMs: config.handshake_timeout * 1000,
  publishTimeoutMs: config.publish_timeout * 1000,
});

/** Bytes of segments that one stream may hold in memory. */
const HLS_MAX_BYTES = 64 * 1024 * 1024;

export const hlsSettings = (config: Config): HlsSettings => ({
  fragment: config.hls_fragment,
  playlistLength: config.hls_playlist_length,
  maxBytes: HLS_MAX_BYTES,
});

export const webRtcSettings = (config: Config) => ({
  publicAddresses: config.webrtc_public_ip,
  maxTranscodes: config.webrtc_max_transcodes,
  waitMs: config.webrtc_wait * 1000,
  publishTimeoutMs: config.publish_timeout * 1000,
});
