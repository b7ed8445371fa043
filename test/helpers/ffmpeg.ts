import { join } from 'node:path';
import { run, start, type Child } from './processes.ts';
import type { Scope } from './scope.ts';

const QUIET = ['-hide_banner', '-nostdin', '-loglevel', 'error'];

export interface SampleOptions {
  /** Length, seconds. */
  readonly seconds?: number;
  /** `bframes` is H.264 with two B-frames between references, so pts and dts differ. */
  readonly video?: 'h264' | 'bframes' | 'none';
  readonly audio?: 'aac' | 'mp3' | 'none';
  /** Distance of key frames, seconds. */
  readonly gopSeconds?: number;
  /** Pictures a second. */
  readonly fps?: number;
}

/**
 * Encodes a test picture with a counter and a tone into an FLV file, so that what is published is
 * known packet by packet. Answers the file's path.
 */
export async function makeSample(
  scope: Scope,
  dir: string,
  options: SampleOptions = {},
): Promise<string> {
  const { seconds = 4, video = 'h264', audio = 'aac', gopSeconds = 1, fps = 25 } = options;
  const args: string[] = [...QUIET];
  if (video !== 'none') {
    args.push('-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=${fps}:duration=${seconds}`);
  }
  if (audio !== 'none') {
    args.push('-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=44100:duration=${seconds}`);
  }
  if (video !== 'none') {
    const gop = Math.round(gopSeconds * fps);
    args.push('-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-b:v', '300k');
    args.push('-g', `${gop}`, '-keyint_min', `${gop}`, '-sc_threshold', '0', '-threads', '1');
    args.push('-bf', video === 'bframes' ? '2' : '0');
  }
  if (audio === 'aac') args.push('-c:a', 'aac', '-b:a', '64k', '-ac', '2');
  if (audio === 'mp3') args.push('-c:a', 'libmp3lame', '-b:a', '64k', '-ac', '2');
  const file = join(dir, `sample-${video}-${audio}-${seconds}s.flv`);
  await run(scope, 'ffmpeg', [...args, '-y', file], { timeoutMs: 60_000 });
  return file;
}

export interface PublishOptions {
  /** How many times faster than its time stamps say (default 4); 0: as fast as the server reads. */
  readonly pace?: number;
  /** Repeats the file this often after the first time; -1 for ever. */
  readonly loop?: number;
}

/** Publishes a file unchanged (`-c copy`), so that received packets can be compared with it. */
export function publishFile(
  scope: Scope,
  file: string,
  url: string,
  options: PublishOptions = {},
): Child {
  const args = [...QUIET];
  const { pace = 4 } = options;
  if (pace > 0) args.push('-readrate', `${pace}`);
  if (options.loop !== undefined) args.push('-stream_loop', `${options.loop}`);
  args.push('-i', file, '-c', 'copy', '-f', 'flv', '-flvflags', 'no_duration_filesize', url);
  return start(scope, 'ffmpeg', args);
}
