import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FlvDemuxer } from '../../../shared/flv/demuxer.ts';
import { parseVideoTag } from '../../../shared/flv/video-tag.ts';
import { MessageType } from '../../../gateway/protocols/rtmp/message.ts';
import type { Scope } from '../../helpers/scope.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { PATTERN, PATTERN_BITS, patternPixels } from './frame-pattern.ts';

export interface NumberedMessage {
  /** RTMP message type. */
  readonly type: number;
  /** ms from the start. */
  readonly timestamp: number;
  readonly payload: Uint8Array;
  /** The number in the picture, of a video frame. */
  readonly number: number | undefined;
}

export interface NumberedMedia {
  readonly fps: number;
  /** Length, ms: where the next round begins when it is played in a loop. */
  readonly duration: number;
  /** Decoder configurations, sent once at the start. */
  readonly head: readonly NumberedMessage[];
  readonly messages: readonly NumberedMessage[];
}

export interface NumberedOptions {
  /**
   * Whole seconds; at most 40 at 25 fps, so that numbers do not repeat. A multiple of 8 is a whole
   * number of AAC frames, so that the sound of one round joins that of the next.
   */
  readonly seconds: number;
  readonly audio?: boolean;
  readonly bFrames?: boolean;
}

const FPS = 25;
/** A beep at each full second, this long; the picture's number is then a multiple of the fps. */
const BEEP_SECONDS = 0.06;

/**
 * Encodes a moving test picture of 640 × 360, 25 fps, a key frame each second, whose frames carry
 * their number, and a beep at each full second.
 */
export async function makeNumberedMedia(
  scope: Scope,
  options: NumberedOptions,
): Promise<NumberedMedia> {
  const file = await encodeNumbered(scope, 'flv', options);
  return parse(await readFile(file), options.seconds * 1000);
}

/** The same as a file; answers its path. */
export async function encodeNumbered(
  scope: Scope,
  format: 'flv' | 'mp4',
  { seconds, audio = true, bFrames = false }: NumberedOptions,
): Promise<string> {
  const file = join(await tempDir(scope), `numbered.${format}`);
  // A little more is encoded than is kept: ffmpeg ends the sound before the last picture.
  const frames = seconds * FPS + 5;
  const { pictureWidth, pictureHeight, width, height, x, y } = PATTERN;
  // By the sample: a filter that switches a tone on and off does so for whole frames of 21 ms.
  const tone = `0.125*sin(2*PI*1000*t)*lt(mod(t,1),${BEEP_SECONDS})`;
  const beep = `aevalsrc='${tone}':sample_rate=48000:duration=${seconds + 1}`;
  const args = [
    ...['-hide_banner', '-loglevel', 'error', '-y'],
    ...['-f', 'rawvideo', '-pix_fmt', 'gray', '-s', `${PATTERN_BITS}x2`, '-r', `${FPS}`],
    ...['-i', 'pipe:0'],
    ...['-f', 'lavfi', '-i', `testsrc2=size=${pictureWidth}x${pictureHeight}:rate=${FPS}`],
    ...(audio ? ['-f', 'lavfi', '-i', beep] : []),
    '-filter_complex',
    [
      `[0]scale=${width}:${height}:flags=neighbor,format=yuv420p[pattern]`,
      `[1][pattern]overlay=${x}:${y}:shortest=1[v]`,
    ].join(';'),
    ...['-map', '[v]', ...(audio ? ['-map', '2:a'] : [])],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-b:v', '700k'],
    ...(bFrames ? ['-bf', '2'] : ['-tune', 'zerolatency', '-bf', '0']),
    ...['-g', `${FPS}`, '-keyint_min', `${FPS}`, '-sc_threshold', '0', '-threads', '1'],
    ...(audio ? ['-c:a', 'aac', '-b:a', '64k', '-ac', '2'] : []),
    ...['-f', format, file],
  ];
  const child = spawn('ffmpeg', args, { stdio: ['pipe', 'ignore', 'pipe'] });
  scope.after(() => {
    child.kill('SIGKILL');
  });
  const said: Buffer[] = [];
  child.stderr.on('data', (part: Buffer) => said.push(part));
  child.stdin.on('error', () => undefined);
  const pixels = Buffer.concat(
    Array.from({ length: frames }, (_, number) => patternPixels(number)),
  );
  child.stdin.end(pixels);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`ffmpeg ended with ${code}: ${Buffer.concat(said).toString()}`);
  return file;
}

function parse(file: Uint8Array, duration: number): NumberedMedia {
  const head: NumberedMessage[] = [];
  const messages: NumberedMessage[] = [];
  let firstPts: number | undefined;
  for (const { type, timestamp, body } of new FlvDemuxer().push(file)) {
    if (type === 'data') continue;
    const messageType = type === 'video' ? MessageType.video : MessageType.audio;
    const video = type === 'video' ? parseVideoTag(body)[0] : undefined;
    const isConfig = type === 'video' ? video?.kind === 'config' : body[1] === 0;
    const pts = timestamp + (video?.kind === 'frame' ? video.compositionTime / 1000 : 0);
    // ffmpeg ends a video with a tag that says so, which a loop must not repeat.
    if (type === 'video' && !isConfig && video?.kind !== 'frame') continue;
    let number: number | undefined;
    if (type === 'video' && !isConfig) {
      firstPts ??= pts;
      number = Math.round(((pts - firstPts) * FPS) / 1000);
    }
    const message = { type: messageType, timestamp, payload: body, number };
    if (isConfig) head.push(message);
    else if (timestamp < duration) messages.push(message);
  }
  return { fps: FPS, duration, head, messages };
}
