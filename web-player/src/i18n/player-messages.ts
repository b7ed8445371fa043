/** What the player says, in every language it speaks. */
import type { LiveState } from '../playback/live-session.ts';
import type { TransportReason } from '../playback/transport-ladder.ts';
import type { PlaybackErrorCode } from '../playback/playback-error.ts';
import type { TransportName } from '../transports/transport.ts';
import type { Language } from './language.ts';

export interface PlayerMessages {
  readonly player: string;
  /** Sentences for the states that need one; the others show the picture. */
  readonly states: Partial<Record<LiveState, string>>;
  readonly errors: Record<PlaybackErrorCode, string>;
  readonly play: string;
  readonly pause: string;
  readonly mute: string;
  readonly unmute: string;
  readonly tapForSound: string;
  readonly volume: string;
  readonly live: string;
  readonly goLive: string;
  readonly seconds: (value: string) => string;
  readonly position: string;
  readonly settings: string;
  readonly connection: string;
  readonly automatic: string;
  readonly transports: Record<TransportName, string>;
  /** Why a transport cannot be used by this browser, on this page. */
  readonly impossible: Record<TransportName, string>;
  /** Why the transport in use is not another one. */
  readonly reasons: {
    readonly first: string;
    readonly after: (transport: string, error: string) => string;
    readonly again: string;
  };
  readonly speed: string;
  readonly statistics: string;
  readonly snapshot: string;
  readonly pictureInPicture: string;
  readonly fullscreen: string;
  readonly leaveFullscreen: string;
  readonly close: string;
  readonly retry: string;
  readonly figures: {
    readonly transport: string;
    readonly reason: string;
    readonly delay: string;
    readonly codecs: string;
    readonly size: string;
    readonly frames: string;
    readonly buffer: string;
    readonly bitRate: string;
    readonly lost: string;
    readonly roundTrip: string;
    readonly rate: string;
    readonly dropped: (count: number) => string;
    readonly impossible: string;
  };
}

const TRANSPORT_NAMES: Record<TransportName, string> = {
  webrtc: 'WebRTC',
  webcodecs: 'WebSocket-FLV, WebCodecs',
  mse: 'WebSocket-FLV',
  'http-flv': 'HTTP-FLV',
  hls: 'HLS',
};

const english: PlayerMessages = {
  player: 'Video player',
  states: {
    connecting: 'Connecting',
    waiting: 'Waiting for the teacher',
    buffering: 'Waiting for data',
    reconnecting: 'The connection was lost. Reconnecting',
    ended: 'The lesson has ended',
  },
  errors: {
    not_live: 'This stream is not live.',
    refused: 'You are not allowed to watch this stream.',
    unsupported: 'This browser cannot play the stream.',
    codec: 'This browser cannot decode the stream.',
    b_frames: 'The stream has B-frames, which WebRTC cannot carry.',
    decode: 'The stream could not be decoded.',
    network: 'The server cannot be reached.',
    slow_start: 'The picture did not come in time.',
    limit: 'The server is full. Please try again later.',
    source: 'There is nothing to play: the stream’s name is not valid.',
    not_found: 'This video does not exist.',
  },
  play: 'Play',
  pause: 'Pause',
  mute: 'Mute',
  unmute: 'Unmute',
  tapForSound: 'Turn the sound on',
  volume: 'Volume',
  live: 'Live',
  goLive: 'Go to the live picture',
  seconds: (value) => `${value} s`,
  position: 'Position',
  settings: 'Settings',
  connection: 'Connection',
  automatic: 'Automatic',
  transports: TRANSPORT_NAMES,
  impossible: {
    webrtc: 'This browser has no WebRTC.',
    webcodecs: 'WebCodecs needs a current browser and a page over HTTPS or from localhost.',
    mse: 'This browser has no Media Source Extensions.',
    'http-flv': 'This browser has no Media Source Extensions.',
    hls: 'This browser plays no HLS.',
  },
  reasons: {
    first: 'It is the first that is possible here.',
    after: (transport, error) => `${transport} did not work: ${error}`,
    again: 'All were tried, and are tried again.',
  },
  speed: 'Speed',
  statistics: 'Statistics',
  snapshot: 'Save a picture',
  pictureInPicture: 'Picture in picture',
  fullscreen: 'Full screen',
  leaveFullscreen: 'Leave full screen',
  close: 'Close',
  retry: 'Try again',
  figures: {
    transport: 'Connection',
    reason: 'Chosen because',
    delay: 'Delay',
    codecs: 'Codecs',
    size: 'Picture',
    frames: 'Frames',
    buffer: 'Buffer',
    bitRate: 'Bit rate',
    lost: 'Packets lost',
    roundTrip: 'Round trip',
    rate: 'Speed',
    dropped: (count) => `${count} dropped`,
    impossible: 'Not possible',
  },
};

const chinese: PlayerMessages = {
  player: '视频播放器',
  states: {
    connecting: '正在连接',
    waiting: '等待老师开播',
    buffering: '正在缓冲',
    reconnecting: '连接中断，正在重新连接',
    ended: '直播已结束',
  },
  errors: {
    not_live: '该直播尚未开始。',
    refused: '您没有观看该直播的权限。',
    unsupported: '当前浏览器无法播放该直播。',
    codec: '当前浏览器无法解码该直播。',
    b_frames: '该直播含有 B 帧，WebRTC 无法传输。',
    decode: '直播画面解码失败。',
    network: '无法连接到服务器。',
    slow_start: '画面未能及时到达。',
    limit: '服务器人数已满，请稍后再试。',
    source: '没有可播放的内容：直播名称无效。',
    not_found: '该视频不存在。',
  },
  play: '播放',
  pause: '暂停',
  mute: '静音',
  unmute: '取消静音',
  tapForSound: '打开声音',
  volume: '音量',
  live: '直播',
  goLive: '回到直播画面',
  seconds: (value) => `${value} 秒`,
  position: '播放位置',
  settings: '设置',
  connection: '连接方式',
  automatic: '自动',
  transports: TRANSPORT_NAMES,
  impossible: {
    webrtc: '当前浏览器不支持 WebRTC。',
    webcodecs: 'WebCodecs 需要较新的浏览器，并通过 HTTPS 或 localhost 打开页面。',
    mse: '当前浏览器不支持媒体源扩展（MSE）。',
    'http-flv': '当前浏览器不支持媒体源扩展（MSE）。',
    hls: '当前浏览器不支持 HLS。',
  },
  reasons: {
    first: '这是此处可用的首选方式。',
    after: (transport, error) => `${transport} 未能播放：${error}`,
    again: '所有方式都已尝试，正在重新尝试。',
  },
  speed: '播放速度',
  statistics: '统计信息',
  snapshot: '保存截图',
  pictureInPicture: '画中画',
  fullscreen: '全屏',
  leaveFullscreen: '退出全屏',
  close: '关闭',
  retry: '重试',
  figures: {
    transport: '连接方式',
    reason: '选择原因',
    delay: '延迟',
    codecs: '编码',
    size: '画面',
    frames: '帧数',
    buffer: '缓冲',
    bitRate: '码率',
    lost: '丢包',
    roundTrip: '往返时间',
    rate: '播放速度',
    dropped: (count) => `丢弃 ${count}`,
    impossible: '不可用',
  },
};

export const playerMessages: Record<Language, PlayerMessages> = { en: english, zh: chinese };

/** Why a transport runs, as a sentence. */
export function reasonSentence(reason: TransportReason, messages: PlayerMessages): string {
  const { reasons, transports, errors } = messages;
  if (reason.kind !== 'after') return reasons[reason.kind];
  return reasons.after(transports[reason.failed], errors[reason.error.code]);
}
