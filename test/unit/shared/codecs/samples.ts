/**
 * Real bytes, made with ffmpeg 5.1 from `testsrc2` and `sine`: configuration records taken out of
 * the MP4 file it wrote, small access units, frame headers. What ffprobe says of each file stands
 * beside it.
 */
import { hex } from '../../../helpers/hex.ts';

/** libx264; `AVCDecoderConfigurationRecord`. */
export const AVC = {
  /** High, level 1.2, 320x180, 25 fps, yuv420p, 2 B-frames. */
  high: hex(`0164000cffe1001a6764000cacd941419f9f011000000300100000030320f14299
    6001000468ef8fcbfdf8f800`),
  /** Main, level 4.0, 1920x1080, 30000/1001 fps, 2 B-frames. */
  main1080: hex(`014d4028ffe10018674d4028eca03c0113f2e022000007d20001d4c01e30632c
    01000468ce0fc8`),
  /** Constrained Baseline, level 3.0, 640x360, 30 fps, `-tune zerolatency`. */
  baseline: hex(`0142c01effe100196742c01ed900a02ff970110000030001000003003c8f162e48
    01000568cb83cb20`),
  /** High 10, level 1.3, 352x288, 25 fps, yuv420p10le. */
  high10: hex(`016e000dffe10019676e000da6cd9416096c0440000003004000000c83c50a6580
    01000668ebe3cb22c0fdfafa00`),
  /** High 4:4:4 Predictive, level 1.0, 100x50, yuv444p. */
  high444: hex(`01f4000affe1001967f4000a919b28e4f1b1f808800000030080000019078912cb
    01000668ebe3c44844fff8f800`),
  /** High 4:2:2, level 3.0, 720x576 interlaced, SAR 64:45, yuvj422p, bt470bg, full range. */
  interlaced422: hex(`017a001effe10021677a001ebcd940b424dff80200016b70505054000003000400
    000300c87c50a65801000668fba3cb22c0fef8f800`),
  /** High, level 1.1, 98x34, 50 fps, gray, with scaling matrices and HRD parameters. */
  grayHrd: hex(`0164000bffe100246764000bf3651df8f8fc05b2000003000200000300c8c08006
    1a800c35c9a700f142996001000668ebecb3002cfcf8f800`),
  /** Main, level 4.0, 1920x1080 interlaced, no B-frames. */
  interlaced1080: hex(`014d4028ffe10019674d4028f403c0227ef011000003000100000300321f162ea0
    01000468de0fc8`),
} as const;

/** libx265; `HEVCDecoderConfigurationRecord`, its SEI array left out. */
export const HEVC = {
  /** Main, level 4.0, 1920x1080, 25 fps, B-frames. */
  main1080: hex(`01016000000090000000000078f000fcfdf8f800000f03a00001001840010c01ff
    ff016000000300900000030000030078959409a10001002b42010101600000030090000003000003
    0078a003c0801107cb965654a4c2f0168080000003008000000c84a2000100064401c073c189`),
  /** Main 10, level 2.0, 322x182, 30000/1001 fps, bt2020, smpte2084, bt2020nc, scaling lists. */
  main10: hex(`0102200000009000000000003cf000fcfdfafa00000f03a00001001840010c01ff
    ff02200000030090000003000003003c959409a10001002d42010102200000030090000003000003
    003ca00a480b9c94d96565924e5780b50910090400000fa40001d4c020a2000100074401c172b46240`),
  /** Main, level 2.0, 320x180, `-tune zerolatency`. */
  zeroLatency: hex(`0101600000009000000000003cf000fcfdf8f800000f03a00001001840010c01ff
    ff01600000030090000003000003003c928090a10001002942010101600000030090000003000003
    003ca00a080b9f7964a924caf0168080000003008000000c84a2000100074401c172b46240`),
  /** Range Extensions, level 5.0, 416x240, 50 fps, SAR 12:11, yuv444p12le, HRD. */
  range444: hex(`01040800000098080000000096f000fcfffcfc00000f03a00001001740010c01ff
    ff0408000003009808000003000096959809a10001003542010104080000030098080000030000
    969001a101e2294b2b349272bc0ad29040000003004000000c9803261b8007a10001e84880a200
    0100084401c172860c4624`),
} as const;

/** libx265, 64x64, `bframes=2:keyint=6`: beginnings of access units, with lengths to match. */
export const HEVC_UNITS = {
  idr: hex('00000008 2801af0b60cd5aad'),
  cra: hex('00000008 2a01ac184b49c2d8'),
  /** TRAIL_R, a reference. */
  reference: hex('00000008 0201d0195f84461c'),
  /** TRAIL_N, no reference. */
  disposable: hex('0000000f 0001e024fffa2c1060fa391e4b4538'),
} as const;

/** `AV1CodecConfigurationRecord`. */
export const AV1 = {
  /** libsvtav1: Main, 320x180, yuv420p. */
  svt: hex('81000c000a0b000000043cfecc02f80040'),
  /** libaom: Main, 322x182, yuv420p10le. */
  aom10: hex('81004c000a0b000000043d06d4daf94040'),
} as const;

/** libaom, 64x64, `-g 2`: a key temporal unit (sequence header and frame), then an inter one. */
export const AV1_UNITS = {
  key: hex(`0a0a00000002afff9b5f2008 32191000ab0028a28a241040c1b63f5be489773fd5438fd794bf39`),
  inter: hex('321230038080fdf806e4010410402c3482009530'),
} as const;

/** libvpx-vp9; the content of `vpcC`, with the box's version and flags. */
export const VP9 = {
  /** Profile 0, 320x180, yuv420p. */
  profile0: hex('01000000000b820202020000'),
  /** Profile 2, 322x182, yuv420p10le. */
  profile2: hex('01000000020ba20202020000'),
} as const;

/** libvpx-vp9, 64x64. */
export const VP9_UNITS = {
  key: hex('824983420003f003f63638241c194e0000204000673ff1bc0000fffffc853ffffff6e4751300'),
  inter: hex('860040921cfc5e0000037000005470'),
} as const;

/** libvpx, 66x50. */
export const VP8_UNITS = {
  key: hex('1004009d012a4200320000470885858899848802020275aa03f8'),
  inter: hex('910200 0510ac00180c514a'),
} as const;

/** ffmpeg's aac; `AudioSpecificConfig`. */
export const AAC = {
  /** LC, 48000 Hz, stereo, with a sync extension that denies SBR. */
  stereo48: hex('119056e500'),
  /** LC, 44100 Hz, mono. */
  mono44: hex('120856e500'),
  /** LC, 48000 Hz, 5.1. */
  surround48: hex('11b056e500'),
  /** LC, 44100 Hz, quad, told by a program_config_element. */
  quad44: hex('120005040400 2110 0d4c61766335392e33372e313030 56e500'),
} as const;

/** ffmpeg's aac in ADTS, beginnings. */
export const ADTS = {
  /** 44100 Hz, stereo, frame of 345 bytes. */
  stereo44: hex('fff150802b3ffcde02004c61766335392e33372e313030004256'),
} as const;

/** libmp3lame, beginnings of frames. */
export const MP3 = {
  /** 44100 Hz, stereo, 128 kbit/s: frames of 417 and 418 bytes. */
  stereo44: hex('fffb90640000026b0bce9d60'),
  /** 16000 Hz, mono, 32 kbit/s: frames of 144 bytes (MPEG-2). */
  mono16: hex('fff348c4001c788e6c155830'),
  /** 8000 Hz, mono, 16 kbit/s: frames of 144 bytes (MPEG-2.5). */
  mono8: hex('ffe328c4001d28aa885f4f00'),
} as const;

/** libopus in Ogg. */
export const OPUS = {
  /** Stereo, pre-skip 312, 48000 Hz. */
  head: hex('4f70757348656164 01 02 3801 80bb0000 0000 00'),
  /** 20 ms. */
  packet20: hex('fcb4065aa7b5e1fd'),
  /** 60 ms: three frames of 20 ms. */
  packet60: hex('ff83fd37fc0eb534'),
} as const;

/** ffmpeg's ac3 and eac3, beginnings of sync frames. */
export const AC3 = {
  /** 48000 Hz, 5.1, 384 kbit/s: frames of 1536 bytes. */
  surround48: hex('0b771e8b1c40ebf8403eff74fe1e1080'),
  /** 44100 Hz, stereo, 192 kbit/s: frames of 834 and 836 bytes; this is one of 834. */
  stereo44: hex('0b77c2ea544043e106f575f0c0c21818'),
  /** E-AC-3, 48000 Hz, stereo, 96 kbit/s: frames of 384 bytes. */
  enhancedStereo: hex('0b7700bf3487c00020fc210830c00006'),
  /** E-AC-3, 48000 Hz, 5.1: frames of 1792 bytes. */
  enhancedSurround: hex('0b77037f3f87c00020f8200002004000'),
} as const;

/** ffmpeg's flac: `fLaC` and STREAMINFO. */
export const FLAC = {
  /** 44100 Hz, stereo, 16 bits. */
  stereo44: hex(`664c6143 00000022 1200120000046d0005080ac442f0000033ae36567c6137e8d578c431ed191fd8
    5ff5`),
  /** 96000 Hz, mono, 24 bits. */
  mono96: hex(`664c6143 00000022 2000200000049c0008941770017000007080a60464d9430a1a0eee6bc12a3622
    deeb`),
} as const;
