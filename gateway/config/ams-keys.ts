import { addresses, folder, integer, port, toggle, units, url } from './kinds.ts';
import type { AnyKeySpec, KeySpec } from './key-spec.ts';

const { seconds } = units;

/** Where media lives unless `--home` says otherwise. */
export const defaultMediaFolder = '/var/ams';

const notifySwitch = (en: string, zh: string): KeySpec<boolean> => ({
  kind: toggle,
  default: false,
  reload: 'live',
  meaning: { en: `callback: ${en}`, zh: `回调：${zh}` },
});

/** The keys of the AMS surface, in its own order. */
export const amsKeys = {
  hls_fragment: {
    kind: integer(1, 60, seconds),
    default: 2,
    reload: 'live',
    meaning: { en: 'length of an HLS segment', zh: '每个 HLS 分片的时长' },
  },
  hls_playlist_length: {
    kind: integer(1, 3600, seconds),
    default: 4,
    reload: 'live',
    meaning: {
      en: 'media listed in a live playlist; never fewer than three segments are listed',
      zh: '直播播放列表的总时长；列出的分片不少于三个',
    },
  },
  rtmp_port: {
    kind: port,
    default: 1935,
    reload: 'listener',
    meaning: { en: 'RTMP port', zh: 'RTMP 端口' },
  },
  http_port: {
    kind: port,
    default: 89,
    reload: 'listener',
    meaning: { en: 'HTTP port', zh: 'HTTP 端口' },
  },
  http_notify: {
    kind: url('http', 'https'),
    default: '',
    reload: 'live',
    meaning: { en: 'address of HTTP callbacks', zh: 'HTTP 回调地址' },
  },
  rtmp_notify: {
    kind: url('http', 'https'),
    default: '',
    reload: 'live',
    meaning: { en: 'address of RTMP callbacks', zh: 'RTMP 回调地址' },
  },
  enable_http_vod_s_notify: notifySwitch('HTTP VOD starts (authorises)', 'HTTP 点播开始（鉴权）'),
  enable_http_vod_e_notify: notifySwitch('HTTP VOD ends', 'HTTP 点播结束'),
  enable_http_live_s_notify: notifySwitch(
    'HTTP live starts (authorises)',
    'HTTP 直播播放开始（鉴权）',
  ),
  enable_http_live_e_notify: notifySwitch('HTTP live ends', 'HTTP 直播播放结束'),
  enable_rtmp_vod_s_notify: notifySwitch('RTMP VOD starts (authorises)', 'RTMP 点播开始（鉴权）'),
  enable_rtmp_vod_e_notify: notifySwitch('RTMP VOD ends', 'RTMP 点播结束'),
  enable_rtmp_live_s_notify: notifySwitch(
    'RTMP live play starts (authorises)',
    'RTMP 直播播放开始（鉴权）',
  ),
  enable_rtmp_live_e_notify: notifySwitch('RTMP live play ends', 'RTMP 直播播放结束'),
  enable_rtmp_publish_s_notify: notifySwitch('publishing starts (authorises)', '推流开始（鉴权）'),
  enable_rtmp_publish_e_notify: notifySwitch('publishing ends', '推流结束'),
  enable_rtmp_update_notify: notifySwitch(
    'every `update_interval` while publishing',
    '推流期间每隔 `update_interval` 发送',
  ),
  allow_addr: {
    kind: addresses({ all: true }),
    default: ['all'],
    reload: 'live',
    meaning: {
      en: 'who may call `/cfg`, `/control` and `/upload`; loopback always may',
      zh: '允许调用 `/cfg`、`/control`、`/upload` 的地址；本机始终允许',
    },
  },
  record_path: {
    kind: folder,
    default: defaultMediaFolder,
    inMedia: true,
    reload: 'live',
    meaning: { en: 'folder of recordings', zh: '录像目录' },
  },
  upload_path: {
    kind: folder,
    default: `${defaultMediaFolder}/upload`,
    inMedia: true,
    reload: 'live',
    meaning: { en: 'folder of uploads', zh: '上传目录' },
  },
  enable_rtmp_record_process: {
    kind: toggle,
    default: true,
    reload: 'live',
    meaning: {
      en: 'remux finished recordings to MP4 and report `record_transfer_done`',
      zh: '录像结束后转封装为 MP4 并回调 `record_transfer_done`',
    },
  },
  enable_rtmp_record_manual: {
    kind: toggle,
    default: false,
    reload: 'live',
    meaning: {
      en: '0: every published stream is recorded; 1: only when asked',
      zh: '0：录制所有推流；1：仅按要求录制',
    },
  },
  enable_http_upload_process: {
    kind: toggle,
    default: true,
    reload: 'live',
    meaning: {
      en: 'turn finished uploads into MP4 and report `upload_transfer_done`',
      zh: '上传完成后转为 MP4 并回调 `upload_transfer_done`',
    },
  },
  update_interval: {
    kind: integer(1, 86_400, seconds),
    default: 30,
    reload: 'live',
    meaning: { en: 'time between two `update_publish` callbacks', zh: '`update_publish` 回调间隔' },
  },
  org: {
    kind: toggle,
    default: true,
    reload: 'restart',
    meaning: { en: '1: origin or single server; 0: edge', zh: '1：源站或单机；0：边缘' },
    refuse: (origin) =>
      origin ? undefined : 'org must be 1: this version has no edge mode (org=0) yet',
  },
  rtmp_org_addr: {
    kind: url('rtmp'),
    default: '',
    reload: 'live',
    meaning: { en: 'edge: the origin’s RTMP address', zh: '边缘：源站 RTMP 地址' },
  },
  http_org_addr: {
    kind: url('http', 'https'),
    default: '',
    reload: 'live',
    meaning: { en: 'edge: the origin’s VOD address', zh: '边缘：源站点播地址' },
  },
} as const satisfies Record<string, AnyKeySpec>;
