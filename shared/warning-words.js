/**
 * What each warning of `shared/stat.ts` means, and the settings that mend it. Plain JavaScript, as
 * the status page is served as it is written.
 */
const en = {
  key_frames: {
    what: 'Key frames are more than 2 s apart, so viewers wait for their first picture.',
    obs: 'Output → Keyframe Interval: 1 s',
    ffmpeg: '-g 25 (at 25 frames a second)',
  },
  b_frames: {
    what: 'B-frames delay the picture.',
    obs: 'Output → Tune: zerolatency (Max B-frames: 0)',
    ffmpeg: '-bf 0 -tune zerolatency',
  },
  variable_frame_rate: {
    what: 'Frames come at uneven intervals, so the picture stutters.',
    obs: 'Video → Common FPS Values; a lower resolution if frames are skipped',
    ffmpeg: '-vf fps=25',
  },
  audio_gaps: {
    what: 'Sound was missing within the last minute.',
    obs: 'check the microphone and the CPU load',
    ffmpeg: '-af aresample=async=1000',
  },
  audio_drift: {
    what: 'The sound drifts away from its time stamps, and so from the picture.',
    obs: 'Audio → the Sample Rate that the devices have',
    ffmpeg: '-af aresample=async=1000',
  },
  hevc: {
    what: 'H.265 does not play in every browser.',
    obs: 'Output → Video Encoder: H.264',
    ffmpeg: '-c:v libx264',
  },
  no_sound: {
    what: 'The stream has no sound.',
    obs: 'Audio → Mic/Auxiliary Audio',
    ffmpeg: '-c:a aac',
  },
};

const zh = {
  key_frames: {
    what: '关键帧间隔超过 2 秒，观众需要等待首帧。',
    obs: '输出 → 关键帧间隔：1 秒',
    ffmpeg: '-g 25（每秒 25 帧时）',
  },
  b_frames: {
    what: 'B 帧会增加画面延迟。',
    obs: '输出 → 微调（Tune）：zerolatency（最大 B 帧：0）',
    ffmpeg: '-bf 0 -tune zerolatency',
  },
  variable_frame_rate: {
    what: '帧间隔不均匀，画面会卡顿。',
    obs: '视频 → 常用帧率；若有跳帧，请降低分辨率',
    ffmpeg: '-vf fps=25',
  },
  audio_gaps: {
    what: '最近一分钟内声音有中断。',
    obs: '检查麦克风和 CPU 占用',
    ffmpeg: '-af aresample=async=1000',
  },
  audio_drift: {
    what: '声音与其时间戳逐渐偏离，音画会不同步。',
    obs: '音频 → 采样率与设备保持一致',
    ffmpeg: '-af aresample=async=1000',
  },
  hevc: {
    what: '并非所有浏览器都能播放 H.265。',
    obs: '输出 → 视频编码器：H.264',
    ffmpeg: '-c:v libx264',
  },
  no_sound: {
    what: '该直播没有声音。',
    obs: '音频 → 麦克风/辅助音频',
    ffmpeg: '-c:a aac',
  },
};

export const warningWords = { en, zh };

/** What stands before an encoder's setting. */
export const encoderLabel = {
  en: (encoder) => `${encoder}: `,
  zh: (encoder) => `${encoder}：`,
};
