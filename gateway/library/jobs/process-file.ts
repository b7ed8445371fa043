import { link, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Log } from '../../ops/log.ts';
import { MediaFile } from '../media/media-file.ts';
import { MovieCache } from '../media/movie-cache.ts';
import { transferErrors, type TransferError } from '../transfer-error.ts';
import type { Job, TransferReport } from './job.ts';
import { mediaFacts, noFacts } from './media-facts.ts';
import type { Runner } from './runner.ts';

export interface ProcessOptions {
  /** Where the programs are; undefined: not installed. */
  readonly ffmpeg: string | undefined;
  readonly ffprobe: string | undefined;
  readonly runner: Pick<Runner, 'run'>;
  readonly log: Log;
  /** Gives the work up. */
  readonly signal: AbortSignal;
  /** 0 to 1 */
  readonly onProgress: (progress: number) => void;
}

const REMUX = fileURLToPath(new URL('remux-main.ts', import.meta.url));

/** A picture from here, s, or from the middle of what is shorter than twice that. */
const PICTURE_AT = 5;

/**
 * Makes a fast-start MP4 and a picture of a file that has come, and answers what is told about it.
 * The file as it came is removed when the MP4 is there; otherwise it stays and is what is told.
 * Rejects only when the work was given up.
 */
export async function processFile(job: Job, options: ProcessOptions): Promise<TransferReport> {
  const { log } = options;
  let path = job.source;
  let error: TransferError = job.error;
  try {
    path = job.kind === 'recording' ? await remux(job, options) : await transcode(job, options);
  } catch (failure) {
    if (options.signal.aborted) throw failure;
    const message = failure instanceof Error ? failure.message : String(failure);
    log.error({ path: job.source }, `Left as it came, as no MP4 could be made: ${message}`);
    error ||= transferErrors.notProcessed;
  }
  return report(path, error, options);
}

/** What there is to tell of a file. */
export async function report(
  path: string,
  error: TransferError,
  options: Omit<ProcessOptions, 'onProgress'>,
): Promise<TransferReport> {
  let file: MediaFile;
  try {
    file = await MediaFile.open(path, new MovieCache());
  } catch {
    return { ...noFacts, size: 0, path: undefined, picture: undefined, error };
  }
  try {
    const movie = await file.movie().catch(() => undefined);
    const facts = movie ? mediaFacts(movie, file.size) : noFacts;
    const hasPicture = movie?.tracks.some(({ kind }) => kind === 'video') ?? true;
    const picture = hasPicture ? await takePicture(path, facts.duration, options) : undefined;
    return { ...facts, size: file.size, path, picture, error };
  } finally {
    await file.close();
  }
}

async function remux(
  { source }: Job,
  { runner, signal, onProgress }: ProcessOptions,
): Promise<string> {
  const target = `${withoutExtension(source)}.mp4`;
  const half = hidden(target);
  try {
    await runner.run(process.execPath, [REMUX, source, half], {
      signal,
      onLine: (line) => onProgress(Number(/^progress ([\d.]+)/.exec(line)?.[1] ?? 0)),
    });
    await rename(half, target);
  } catch (error) {
    await rm(half, { force: true });
    throw error;
  }
  await rm(source, { force: true });
  return target;
}

interface Probe {
  readonly format?: { readonly duration?: string; readonly format_name?: string };
  readonly streams?: readonly { readonly codec_type?: string; readonly codec_name?: string }[];
}

/** H.264 and AAC are kept as they are, everything else is made into them. */
async function transcode({ source }: Job, options: ProcessOptions): Promise<string> {
  const { ffmpeg, ffprobe, runner, signal, onProgress } = options;
  if (ffmpeg === undefined || ffprobe === undefined) throw new Error('ffmpeg is not installed.');
  const asked = ['-v', 'error', '-show_entries', 'format=duration:stream=codec_type,codec_name'];
  const text = await runner.run(ffprobe, [...asked, '-of', 'json', '-i', `file:${source}`], {
    signal,
  });
  const { streams = [], format } = JSON.parse(text) as Probe;
  const codec = (kind: string) => streams.find((stream) => stream.codec_type === kind)?.codec_name;
  const video = codec('video');
  const audio = codec('audio');
  if (video === undefined && audio === undefined)
    throw new Error('It has neither picture nor sound.');
  const duration = Number(format?.duration ?? 0) || 0;

  const target = `${withoutExtension(source)}.mp4`;
  const half = hidden(target);
  const args = [
    ...['-hide_banner', '-nostdin', '-loglevel', 'error', '-y', '-i', `file:${source}`],
    ...['-map', '0:v:0?', '-map', '0:a:0?', '-map_metadata', '-1', '-dn', '-sn'],
    ...(video === 'h264' ? ['-c:v', 'copy'] : H264),
    ...(audio === 'aac' ? ['-c:a', 'copy'] : ['-c:a', 'aac', '-b:a', '128k', '-ac', '2']),
    ...['-movflags', '+faststart', '-f', 'mp4', '-progress', 'pipe:1', `file:${half}`],
  ];
  try {
    await runner.run(ffmpeg, args, {
      signal,
      onLine(line) {
        const done = /^out_time_us=(\d+)/.exec(line)?.[1];
        if (done !== undefined && duration > 0)
          onProgress(Math.min(1, Number(done) / 1e6 / duration));
      },
    });
    await place(half, source, target);
  } finally {
    await rm(half, { force: true });
  }
  if (source !== target) await rm(source, { force: true });
  return target;
}

/** As much as a small server can do beside its live streams: fast, one thread, yuv420p for all. */
const H264 = [
  ...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '23', '-pix_fmt', 'yuv420p'],
  ...['-vf', 'scale=trunc(iw/2)*2:trunc(ih/2)*2', '-g', '50', '-threads', '1'],
];

/** Puts the finished file in its place, over its own source but over no other file. */
async function place(half: string, source: string, target: string): Promise<void> {
  if (source === target) await rename(half, target);
  else await link(half, target);
}

async function takePicture(
  path: string,
  duration: number,
  { ffmpeg, runner, signal, log }: Omit<ProcessOptions, 'onProgress'>,
): Promise<string | undefined> {
  if (ffmpeg === undefined) return undefined;
  const picture = `${withoutExtension(path)}.jpg`;
  const at = Math.min(PICTURE_AT, duration / 2).toFixed(3);
  try {
    await runner.run(
      ffmpeg,
      [
        ...['-hide_banner', '-nostdin', '-loglevel', 'error', '-y', '-threads', '1', '-ss', at],
        ...['-i', `file:${path}`, '-frames:v', '1', '-q:v', '4', '-f', 'mjpeg', `file:${picture}`],
      ],
      { signal },
    );
    if ((await stat(picture)).size > 0) return picture;
  } catch (error) {
    if (signal.aborted) throw error;
    log.warn({ path }, `no picture of it: ${error instanceof Error ? error.message : 'none'}`);
  }
  await rm(picture, { force: true });
  return undefined;
}

const withoutExtension = (path: string): string =>
  path.slice(0, path.length - extname(path).length);

/** Beside the file, under a name that nobody can ask for. */
const hidden = (path: string): string => join(dirname(path), `.${basename(path)}.part`);
