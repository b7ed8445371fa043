/** What the pages say, in every language they speak. */
import type { Language } from '../i18n/language.ts';
import type { StatWarning } from '../../../shared/stat.ts';
import { encoderLabel, warningWords, type WarningWords } from '../../../shared/warning-words.js';
import type { LinkKind } from './watch-links.ts';

export interface PageMessages {
  readonly titles: Readonly<Record<'home' | 'watch' | 'publish' | 'missing', string>>;
  readonly home: string;
  readonly missing: string;
  readonly status: string;
  readonly otherLanguage: string;
  readonly theme: string;
  readonly liveNow: string;
  readonly noStreams: string;
  readonly noStreamsHint: string;
  readonly unreachable: string;
  readonly viewers: (count: number) => string;
  readonly since: (time: string) => string;
  readonly warnings: Readonly<Record<StatWarning, WarningWords>>;
  readonly encoderLabel: (encoder: string) => string;
  readonly findStream: string;
  readonly moreStreams: (count: number) => string;
  readonly demoHint: string;
  readonly demoStart: string;
  readonly demoStop: string;
  readonly demoStarting: string;
  readonly demoClock: string;
  readonly browserClock: string;
  readonly share: string;
  readonly shareOut: string;
  readonly links: Record<LinkKind, string>;
  readonly copy: string;
  readonly copied: string;
  readonly qrCode: string;
  readonly qrHint: string;
  readonly qrLocal: string;
  readonly publish: string;
  readonly publishName: string;
  readonly obs: string;
  readonly obsSteps: string;
  readonly obsServer: string;
  readonly obsKey: string;
  readonly obsAdvice: string;
  readonly ffmpeg: string;
  readonly ffmpegSteps: string;
  readonly browser: string;
  readonly browserSteps: string;
  readonly openCamera: string;
  readonly recordings: string;
  readonly moreRecordings: (count: number) => string;
  readonly fileStates: { readonly writing: string; readonly processing: string };
  readonly sample: string;
  readonly camera: string;
  readonly screen: string;
  readonly microphone: string;
  readonly noMicrophone: string;
  readonly quality: string;
  readonly start: string;
  readonly stop: string;
  /** `local`: an address that works on the gateway's computer, where the gateway has no HTTPS. */
  readonly insecure: (local: string | undefined) => string;
  readonly openSecurely: string;
  readonly notAllowed: string;
  readonly noDevice: string;
  readonly busyDevice: string;
  readonly onlySound: string;
  readonly onlyPicture: string;
  readonly tryAgain: string;
  readonly publishStates: {
    readonly preview: string;
    readonly connecting: string;
    readonly live: string;
    readonly lost: string;
  };
  readonly publishErrors: {
    readonly taken: string;
    readonly refused: string;
    readonly unsupported: string;
    readonly codec: string;
    readonly noWebRtc: string;
    readonly full: string;
    readonly network: string;
  };
  readonly seconds: (value: string) => string;
  readonly figures: {
    readonly bitRate: string;
    readonly frameRate: string;
    readonly size: string;
    readonly loss: string;
    readonly keyFrames: string;
    readonly roundTrip: string;
  };
  readonly watchIt: string;
  readonly badName: string;
  readonly nameAdvice: string;
}

const english: PageMessages = {
  titles: { home: 'AMS Gateway', watch: 'Watch', publish: 'Publish', missing: 'Not found' },
  home: 'Home',
  missing: 'There is nothing at this address',
  status: 'Status',
  otherLanguage: '中文',
  theme: 'Light or dark',
  liveNow: 'Live now',
  noStreams: 'Nothing is live',
  noStreamsHint: 'Publish a stream as shown below, and it appears here by itself.',
  unreachable: 'The gateway does not answer. Trying again.',
  viewers: (count) => (count === 1 ? '1 viewer' : `${count} viewers`),
  since: (time) => `for ${time}`,
  warnings: warningWords.en,
  encoderLabel: encoderLabel.en,
  findStream: 'Find a stream',
  moreStreams: (count) => `and ${count} more`,
  demoHint: 'See at once how it looks: the gateway itself publishes a sample programme.',
  demoStart: 'Start the demo channel',
  demoStop: 'Stop the demo channel',
  demoStarting: 'Starting',
  demoClock: 'Published right now',
  browserClock: 'Your clock',
  share: 'Watch it elsewhere',
  shareOut: 'Where others watch it',
  links: {
    page: 'Page',
    hls: 'HLS',
    'http-flv': 'HTTP-FLV',
    'ws-flv': 'WebSocket-FLV',
    rtmp: 'RTMP',
    webrtc: 'WebRTC (WHEP)',
    file: 'File',
    embed: 'Embed',
  },
  copy: 'Copy',
  copied: 'Copied',
  qrCode: 'QR code',
  qrHint: 'Scan to watch on a phone.',
  qrLocal: 'For a QR code for phones, open this page by this computer’s network address.',
  publish: 'Publish a stream',
  publishName: 'Stream name',
  obs: 'OBS Studio',
  obsSteps: 'Settings → Stream → Service: Custom',
  obsServer: 'Server',
  obsKey: 'Stream key',
  obsAdvice: 'Output → Keyframe Interval 1 s, Tune zerolatency, no B-frames.',
  ffmpeg: 'ffmpeg',
  ffmpegSteps: 'Publishes a file in real time, with settings that suit a class.',
  browser: 'This browser',
  browserSteps: 'Camera, microphone or screen, without installing anything.',
  openCamera: 'Open the camera',
  recordings: 'Recordings',
  moreRecordings: (count) => `Show more (${count})`,
  fileStates: { writing: 'Recording', processing: 'Processing' },
  sample: 'Sample programme',
  camera: 'Camera',
  screen: 'Screen',
  microphone: 'Microphone',
  noMicrophone: 'No microphone',
  quality: 'Quality',
  start: 'Go live',
  stop: 'Stop',
  insecure: (local) =>
    local === undefined
      ? 'Browsers give pages the camera only over HTTPS. Open this page over HTTPS.'
      : `Browsers give pages the camera only over HTTPS, which this gateway does not serve yet: set https_port, tls_cert and tls_key (ams cert makes a certificate to try it with). On the gateway’s own computer, ${local} works at once.`,
  openSecurely: 'Open over HTTPS',
  notAllowed:
    'The camera and the microphone are blocked for this page. Allow them by the sign at the left of the address, then try again.',
  noDevice: 'No camera or microphone was found. Plug one in, or choose the screen.',
  busyDevice: 'The camera or the microphone cannot be opened: another program may be using it.',
  onlySound: 'No camera was found: there is sound only.',
  onlyPicture: 'No microphone was found: there is no sound.',
  tryAgain: 'Try again',
  publishStates: {
    preview: 'Preview. Nobody sees this yet.',
    connecting: 'Connecting',
    live: 'You are live',
    lost: 'The connection was lost. Reconnecting',
  },
  publishErrors: {
    taken: 'Somebody else publishes under this name.',
    refused: 'The gateway does not allow you to publish here.',
    unsupported: 'This gateway does not take streams from browsers.',
    codec:
      'This browser cannot encode H.264. Firefox gets that by itself within minutes of its first start.',
    noWebRtc: 'This browser has no WebRTC, by which this page publishes.',
    full: 'The gateway is full. Try again in a moment.',
    network: 'The gateway cannot be reached.',
  },
  seconds: (value) => `${value} s`,
  figures: {
    bitRate: 'Bit rate',
    frameRate: 'Frames',
    size: 'Picture',
    loss: 'Loss',
    keyFrames: 'Key frames',
    roundTrip: 'Round trip',
  },
  watchIt: 'Watch',
  badName: 'This cannot be a stream’s name',
  nameAdvice: 'Letters, digits and _ - . @ ~ make a name, such as lesson or maths-7b.',
};

const chinese: PageMessages = {
  titles: { home: 'AMS Gateway', watch: '观看', publish: '开播', missing: '页面不存在' },
  home: '首页',
  missing: '此地址没有内容',
  status: '状态',
  otherLanguage: 'English',
  theme: '浅色或深色',
  liveNow: '正在直播',
  noStreams: '当前没有直播',
  noStreamsHint: '按下面的方法推流，直播会自动出现在这里。',
  unreachable: '网关没有响应，正在重试。',
  viewers: (count) => `${count} 人观看`,
  since: (time) => `已直播 ${time}`,
  warnings: warningWords.zh,
  encoderLabel: encoderLabel.zh,
  findStream: '查找直播',
  moreStreams: (count) => `另有 ${count} 路`,
  demoHint: '先看看效果：由网关自己推送一段示例节目。',
  demoStart: '启动演示频道',
  demoStop: '停止演示频道',
  demoStarting: '正在启动',
  demoClock: '此刻推流画面',
  browserClock: '本机时钟',
  share: '其他观看方式',
  shareOut: '观众的观看地址',
  links: {
    page: '网页',
    hls: 'HLS',
    'http-flv': 'HTTP-FLV',
    'ws-flv': 'WebSocket-FLV',
    rtmp: 'RTMP',
    webrtc: 'WebRTC (WHEP)',
    file: '文件',
    embed: '嵌入代码',
  },
  copy: '复制',
  copied: '已复制',
  qrCode: '二维码',
  qrHint: '用手机扫码观看。',
  qrLocal: '请通过本机的局域网地址打开此页面，这里会显示供手机扫描的二维码。',
  publish: '推流',
  publishName: '直播名称',
  obs: 'OBS Studio',
  obsSteps: '设置 → 直播 → 服务：自定义',
  obsServer: '服务器',
  obsKey: '推流码',
  obsAdvice: '输出 → 关键帧间隔 1 秒，微调 zerolatency，不使用 B\u00a0帧。',
  ffmpeg: 'ffmpeg',
  ffmpegSteps: '以适合课堂的参数实时推送一个文件。',
  browser: '当前浏览器',
  browserSteps: '摄像头、麦克风或屏幕，无需安装任何软件。',
  openCamera: '打开摄像头',
  recordings: '录像',
  moreRecordings: (count) => `显示更多（${count}）`,
  fileStates: { writing: '录制中', processing: '处理中' },
  sample: '示例节目',
  camera: '摄像头',
  screen: '屏幕',
  microphone: '麦克风',
  noMicrophone: '不使用麦克风',
  quality: '清晰度',
  start: '开始直播',
  stop: '停止',
  insecure: (local) =>
    local === undefined
      ? '浏览器仅允许 HTTPS 页面使用摄像头，请通过 HTTPS 打开此页面。'
      : `浏览器仅允许 HTTPS 页面使用摄像头，而该网关尚未启用 HTTPS：请设置 https_port、tls_cert 和 tls_key（ams cert 可生成试用证书）。在网关所在的电脑上可直接打开 ${local}。`,
  openSecurely: '通过 HTTPS 打开',
  notAllowed: '此页面的摄像头和麦克风已被禁用。请点击地址栏左侧的图标允许使用，然后重试。',
  noDevice: '未找到摄像头或麦克风。请接入设备，或选择屏幕。',
  busyDevice: '无法打开摄像头或麦克风，可能正被其他程序使用。',
  onlySound: '未找到摄像头，仅有声音。',
  onlyPicture: '未找到麦克风，没有声音。',
  tryAgain: '重试',
  publishStates: {
    preview: '预览中，观众尚未看到画面。',
    connecting: '正在连接',
    live: '您正在直播',
    lost: '连接中断，正在重新连接',
  },
  publishErrors: {
    taken: '已有他人使用该名称推流。',
    refused: '网关不允许您在此推流。',
    unsupported: '该网关不接受浏览器推流。',
    codec: '此浏览器不支持 H.264 编码。Firefox 首次启动后几分钟内会自动获得支持。',
    noWebRtc: '此浏览器不支持本页面推流所需的 WebRTC。',
    full: '网关已满，请稍后再试。',
    network: '无法连接到网关。',
  },
  seconds: (value) => `${value} 秒`,
  figures: {
    bitRate: '码率',
    frameRate: '帧率',
    size: '画面',
    loss: '丢包',
    keyFrames: '关键帧',
    roundTrip: '往返时间',
  },
  watchIt: '观看',
  badName: '这不是有效的直播名称',
  nameAdvice: '名称由文字、数字和 _ - . @ ~ 组成，例如 lesson 或 maths-7b。',
};

export const pageMessages: Record<Language, PageMessages> = { en: english, zh: chinese };
