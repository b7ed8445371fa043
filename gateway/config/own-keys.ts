import { availableParallelism } from 'node:os';
import {
  addresses,
  bindAddress,
  choice,
  file,
  hosts,
  integer,
  port,
  units,
  words,
} from './kinds.ts';
import type { AnyKeySpec } from './key-spec.ts';

const { seconds, milliseconds, bytes, megabytes, frames, days } = units;

/** The gateway's own keys: limits, addresses, what media is held back for, logs. */
export const ownKeys = {
  max_stream: {
    kind: integer(1, 1_000_000),
    default: 10_000,
    reload: 'live',
    meaning: { en: 'streams published at the same time', zh: '同时推流的最大数量' },
  },
  max_client: {
    kind: integer(1, 1_000_000),
    default: 10_000,
    reload: 'live',
    meaning: { en: 'clients of all protocols at the same time', zh: '同时在线的最大客户端数量' },
  },
  rtmp_bind: {
    kind: bindAddress,
    default: '',
    reload: 'listener',
    meaning: { en: 'address that RTMP listens on', zh: 'RTMP 监听地址' },
  },
  http_bind: {
    kind: bindAddress,
    default: '',
    reload: 'listener',
    meaning: { en: 'address that HTTP listens on', zh: 'HTTP 监听地址' },
  },
  https_port: {
    kind: port,
    default: 0,
    reload: 'listener',
    meaning: {
      en: 'HTTPS port, beside HTTP; 0: none. Browsers want HTTPS for cameras and WebCodecs',
      zh: 'HTTPS 端口，与 HTTP 并存；0：不启用。浏览器的摄像头与 WebCodecs 需要 HTTPS',
    },
  },
  tls_cert: {
    kind: file,
    default: '',
    reload: 'listener',
    meaning: {
      en: 'certificate with its chain, a PEM file; read again when it changes',
      zh: '证书（含证书链）PEM 文件；文件变化后自动重新读取',
    },
  },
  tls_key: {
    kind: file,
    default: '',
    reload: 'listener',
    meaning: { en: 'the certificate’s private key, a PEM file', zh: '证书私钥 PEM 文件' },
  },
  trusted_proxies: {
    kind: addresses({ all: false }),
    default: [],
    reload: 'live',
    meaning: {
      en: 'proxies whose forwarding headers are believed',
      zh: '可信代理，采信其转发头',
    },
  },
  notify_app_style: {
    kind: choice('plain', 'manual'),
    default: 'plain',
    reload: 'live',
    meaning: {
      en: 'spelling of `app` in callbacks: `live`, `http_live` (plain) or `Live`, `http_Live` (manual)',
      zh: '回调中 `app` 的写法：`live`、`http_live`（plain）或 `Live`、`http_Live`（manual）',
    },
  },
  notify_timeout: {
    kind: integer(1, 60, seconds),
    default: 5,
    reload: 'live',
    meaning: { en: 'longest wait for a callback’s answer', zh: '等待回调响应的最长时间' },
  },
  mask_args: {
    kind: words,
    default: ['token', 'pwd', 'pass', 'password', 'secret', 'sign', 'key', 'auth'],
    reload: 'live',
    meaning: {
      en: 'arguments whose values show as `***` in `/stat` and in logs (a name that contains one of these)',
      zh: '名称包含这些单词的参数，其值在 `/stat` 和日志中显示为 `***`',
    },
  },
  publish_conflict: {
    kind: choice('stale', 'refuse', 'takeover'),
    default: 'stale',
    reload: 'live',
    meaning: {
      en: 'a second publisher of a name: takes over when the first has gone silent (stale), is refused (refuse), always takes over (takeover)',
      zh: '同名的第二个推流：前者已无数据时接管（stale）、拒绝（refuse）、总是接管（takeover）',
    },
  },
  publish_stale_ms: {
    kind: integer(100, 60_000, milliseconds),
    default: 2000,
    reload: 'live',
    meaning: {
      en: 'silence after which a publisher counts as stale',
      zh: '推流静默多久后视为已失效',
    },
  },
  publish_timeout: {
    kind: integer(1, 3600, seconds),
    default: 30,
    reload: 'live',
    meaning: { en: 'silence after which a publisher is ended', zh: '推流静默多久后断开' },
  },
  republish_grace: {
    kind: integer(0, 600, seconds),
    default: 10,
    reload: 'live',
    meaning: {
      en: 'time that viewers wait for a publisher that dropped',
      zh: '推流中断后观众保持等待的时间',
    },
  },
  handshake_timeout: {
    kind: integer(1, 120, seconds),
    default: 10,
    reload: 'live',
    meaning: {
      en: 'time a connection has until it publishes or plays',
      zh: '连接建立后到推流或播放的最长时间',
    },
  },
  gop_cache_seconds: {
    kind: integer(0, 120, seconds),
    default: 20,
    reload: 'live',
    meaning: {
      en: 'most media kept since the last key frame for viewers who join; 0: none',
      zh: '为新观众缓存自上一关键帧以来的最长时长；0：不缓存',
    },
  },
  gop_cache_frames: {
    kind: integer(1, 100_000, frames),
    default: 4000,
    reload: 'live',
    meaning: { en: 'the same, counted in frames', zh: '同上，按帧数' },
  },
  gop_cache_bytes: {
    kind: integer(65_536, 1_073_741_824, bytes),
    default: 33_554_432,
    reload: 'live',
    meaning: { en: 'the same, counted in bytes', zh: '同上，按字节数' },
  },
  audio_ride_ms: {
    kind: integer(0, 200, milliseconds),
    default: 40,
    reload: 'live',
    meaning: {
      en: 'longest wait of audio for the video frame it is sent with, where many watch; 0: never waits',
      zh: '观众多时音频等待随视频帧一起发送的最长时间；0：不等待',
    },
  },
  merge_write_ms: {
    kind: integer(0, 2000, milliseconds),
    default: 0,
    reload: 'live',
    meaning: {
      en: 'gathers what is sent for this long: less CPU, more delay',
      zh: '合并发送的时间：CPU 更省，延迟更大',
    },
  },
  viewer_queue_bytes: {
    kind: integer(65_536, 1_073_741_824, bytes),
    default: 8_388_608,
    reload: 'live',
    meaning: {
      en: 'unsent bytes after which a slow viewer is cut back to the next key frame',
      zh: '慢速观众的发送队列上限，超出后跳到下一关键帧',
    },
  },
  viewer_stall: {
    kind: integer(1, 600, seconds),
    default: 20,
    reload: 'live',
    meaning: {
      en: 'time without progress after which a slow viewer is ended',
      zh: '慢速观众毫无进展多久后断开',
    },
  },
  log_level: {
    kind: choice('error', 'warn', 'info', 'debug'),
    default: 'info',
    reload: 'live',
    meaning: { en: 'what is logged', zh: '日志级别' },
  },
  log_format: {
    kind: choice('text', 'json'),
    default: 'text',
    reload: 'live',
    meaning: { en: 'one line of text or of JSON for each event', zh: '每个事件一行文本或 JSON' },
  },
  log_file_size: {
    kind: integer(1, 10_000, megabytes),
    default: 20,
    reload: 'live',
    meaning: {
      en: 'size at which the log file is rotated (it is each day, too)',
      zh: '日志文件轮转大小（每天也会轮转）',
    },
  },
  log_keep_days: {
    kind: integer(1, 3650, days),
    default: 14,
    reload: 'live',
    meaning: { en: 'time that rotated log files are kept', zh: '已轮转日志的保留时间' },
  },
  webrtc_port: {
    kind: port,
    default: 8000,
    reload: 'listener',
    meaning: {
      en: 'UDP and TCP port of all WebRTC media; moving it ends the WebRTC sessions',
      zh: '所有 WebRTC 媒体使用的 UDP 与 TCP 端口；更改会结束现有 WebRTC 会话',
    },
  },
  webrtc_bind: {
    kind: bindAddress,
    default: '',
    reload: 'listener',
    meaning: { en: 'address that WebRTC media listens on', zh: 'WebRTC 媒体监听地址' },
  },
  webrtc_public_ip: {
    kind: hosts,
    default: [],
    reload: 'live',
    meaning: {
      en: 'addresses that WebRTC clients reach the server at, when they are not its own (NAT)',
      zh: 'WebRTC 客户端访问服务器的地址（服务器位于 NAT 之后时填写）',
    },
  },
  webrtc_max_transcodes: {
    kind: integer(0, 1000),
    default: Math.max(1, Math.floor(availableParallelism() / 2)),
    defaultShown: 'half the cores, at least 1',
    reload: 'live',
    meaning: {
      en: 'streams whose B-frames are removed for WebRTC viewers at the same time',
      zh: '同时为 WebRTC 观众去除 B 帧（转码）的流数量；默认为 CPU 核数的一半',
    },
  },
  webrtc_wait: {
    kind: integer(0, 60, seconds),
    default: 0,
    reload: 'live',
    meaning: {
      en: 'time that a WebRTC viewer’s request waits for a publisher; 0 answers 404 at once',
      zh: 'WebRTC 观众请求等待推流开始的时间；0 表示立即返回 404',
    },
  },
  record_keep_days: {
    kind: integer(0, 36_500, days),
    default: 0,
    reload: 'live',
    meaning: {
      en: 'recordings in `record_path` older than this are deleted; 0: none is',
      zh: '删除 `record_path` 中早于此天数的录像；0：不删除',
    },
  },
  disk_free_min: {
    kind: integer(0, 1_000_000_000, megabytes),
    default: 1000,
    reload: 'live',
    meaning: {
      en: 'recording and uploading stop while a disk has less than this left',
      zh: '磁盘剩余空间低于此值时停止录制和上传',
    },
  },
  upload_max_size: {
    kind: integer(1, 1_000_000_000, megabytes),
    default: 10_000,
    reload: 'live',
    meaning: { en: 'largest file that may be uploaded', zh: '单个上传文件的最大大小' },
  },
  upload_keep_hours: {
    kind: integer(1, 8760, units.hours),
    default: 24,
    reload: 'live',
    meaning: {
      en: 'time that half an upload is kept for its sender to go on',
      zh: '未完成的上传保留多久，以便续传',
    },
  },
} as const satisfies Record<string, AnyKeySpec>;
