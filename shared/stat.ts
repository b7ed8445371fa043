/**
 * What `GET /stat/…` answers as JSON (`Accept: application/json`).
 *
 * Names that the XML report has too are spelled as there (`bw_in`, `totlebyte`), so that who reads
 * one reads the other; `video`, `audio`, `viewers` and `warnings` are in the JSON only.
 */

/** What viewers speak; the keys of `viewers` and the values of `protocol`. */
export type StatProtocol = 'rtmp' | 'hls' | 'flv' | 'ws-flv' | 'webrtc' | 'mp4';

/** The picture of a live stream; what the stream has not said yet is null. */
export interface StatVideo {
  /** `h264`, `hevc`, `av1`, … */
  readonly codec: string;
  /** As people name it, e.g. `High 4.1`. */
  readonly profile: string | null;
  readonly width: number | null;
  readonly height: number | null;
  /** Frames a second, measured. */
  readonly frameRate: number | null;
  /** Seconds between the last two key frames. */
  readonly keyFrameInterval: number | null;
  /** Pictures were sent in another order than they are shown, within the last seconds. */
  readonly bFrames: boolean;
  /** Pictures come at changing distances. */
  readonly variableFrameRate: boolean;
}

/** The sound of a live stream. */
export interface StatAudio {
  /** `aac`, `mp3`, `opus`, … */
  readonly codec: string;
  readonly profile: string | null;
  /** Hz. */
  readonly sampleRate: number | null;
  readonly channels: number | null;
  /** Times that sound was missing since the publisher began. */
  readonly gaps: number;
  /**
   * ms a minute by which the sound's time stamps outrun its samples (negative: fall behind); null
   * where that is not known.
   */
  readonly drift: number | null;
}

/**
 * What about a published stream spoils a lesson, for its publisher to mend:
 * - `key_frames`: they are more than 2 s apart, so viewers wait for their first picture;
 * - `b_frames`: they delay the picture, and must be taken out for WebRTC viewers;
 * - `variable_frame_rate`, `audio_gaps` (within the last minute), `audio_drift` (more than 0.5 %):
 *   the picture stutters, or picture and sound go apart;
 * - `hevc`: many browsers do not play it;
 * - `no_sound`: there is a picture and no sound track.
 */
export type StatWarning =
  | 'key_frames'
  | 'b_frames'
  | 'variable_frame_rate'
  | 'audio_gaps'
  | 'audio_drift'
  | 'hevc'
  | 'no_sound';

/** A publisher or a viewer. */
export interface StatClient {
  /** The client's number, as in callbacks and in `drop`. */
  readonly id: number;
  /** IP address. */
  readonly address: string;
  readonly protocol: StatProtocol;
  /** Milliseconds since its command. */
  readonly time: number;
  /** Bytes carried. */
  readonly totlebyte: number;
  /** Media time of the newest packet carried, ms. */
  readonly timestamp: number;
  /** Frames left out because the client was too slow. */
  readonly dropped: number;
  readonly publishing: boolean;
  /** False while the client's start callback has not been answered. */
  readonly active: boolean;
  /** The client's arguments in its own order; secrets show as `***`. */
  readonly args: readonly (readonly [name: string, value: string])[];
}

/** A stream that is published, or that viewers wait for. */
export interface StatStream {
  readonly name: string;
  /** Media has come within the last seconds. */
  readonly active: boolean;
  readonly publishing: boolean;
  /** Milliseconds since the stream began. */
  readonly time: number;
  /** Bits a second over the last seconds; `bw_in` = `bw_audio` + `bw_video`. */
  readonly bw_in: number;
  readonly bw_out: number;
  readonly bw_audio: number;
  readonly bw_video: number;
  /** Bytes since the stream began. */
  readonly bytes_in: number;
  readonly bytes_out: number;
  /** Viewers of now; a protocol that nobody uses is left out. */
  readonly viewers: { readonly [P in StatProtocol]?: number };
  readonly video: StatVideo | null;
  readonly audio: StatAudio | null;
  /** None while nobody publishes. */
  readonly warnings: readonly StatWarning[];
  /** Publishers first; left out by `/stat/channel`. */
  readonly clients?: readonly StatClient[];
}

/** A file that is being played. */
export interface StatFile {
  readonly name: string;
  readonly active: boolean;
  readonly clients: readonly StatClient[];
}

/** `/stat/all`; `/stat/live` and `/stat/channel` have `live` only, `/stat/vod` has `vod` only. */
export interface StatReport {
  /** The server's clock, ms since 1970. */
  readonly now: number;
  readonly live?: readonly StatStream[];
  readonly vod?: readonly StatFile[];
}

/** What the viewers of one transport see: publish to display, as their players report it. */
export interface StatDelay {
  readonly transport: string;
  /** Viewers who reported within the last minute. */
  readonly viewers: number;
  /** Median of the viewers' medians, ms. */
  readonly p50: number;
  /** What 95 % of the viewers' 95th percentiles do not exceed, ms. */
  readonly p95: number;
}

/** The recording of a stream: one that goes on, or one that could not. */
export interface StatRecording {
  /** The stream. */
  readonly name: string;
  readonly recording: boolean;
  /** Bytes written. */
  readonly bytes: number;
  /** Why the last one of this stream ended early. */
  readonly error: string | null;
}

/** A file on its way into the library: being written, processed, told of, or kept to be told. */
export interface StatJob {
  readonly kind: 'recording' | 'upload';
  readonly name: string;
  readonly file: string;
  readonly step: 'writing' | 'waiting' | 'processing' | 'telling' | 'kept';
  /** 0 to 1 */
  readonly progress: number;
}

/** What the library is at. */
export interface StatLibrary {
  readonly recordings: readonly StatRecording[];
  readonly jobs: readonly StatJob[];
}

/** `/stat/sys`: the attributes of `<sta>`, and what the status page shows besides. */
export interface StatSystem {
  readonly max_client: number;
  readonly max_stream: number;
  readonly http_kbps: number;
  readonly http_live_cn: number;
  readonly http_vod_cn: number;
  readonly rtmp_out_kbps: number;
  readonly rtmp_in_kbps: number;
  readonly rtmp_vod_cn: number;
  readonly rtmp_live_cn: number;
  readonly rtmp_publish_cn: number;
  /** The manual's other name for `rtmp_live_cn`. */
  readonly rtmp_play_cn: number;
  /** The server's clock, ms since 1970. */
  readonly now: number;
  /** Seconds since the start. */
  readonly uptime: number;
  /** Viewers of now by protocol, live and VOD together; a protocol that nobody uses is left out. */
  readonly viewers: { readonly [P in StatProtocol]?: number };
  /** Frames left out for slow viewers, since the start. */
  readonly dropped: number;
  /** Resident memory, bytes. */
  readonly memory: number;
  /** CPU time used over the last seconds, percent of one core. */
  readonly cpu: number;
  /** Event-loop delay over the last seconds, ms: the median and the 99th percentile. */
  readonly loop_p50: number;
  readonly loop_p99: number;
  /** Callbacks that wait to be delivered, in memory and on disk. */
  readonly callbacks_waiting: number;
  /** The delay that viewers see, by transport; a transport that nobody reports on is left out. */
  readonly delays: readonly StatDelay[];
  /** Recordings and jobs; left out where the gateway runs without a library. */
  readonly library?: StatLibrary;
}
