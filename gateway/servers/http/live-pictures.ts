import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CodecError } from '../../../shared/codecs/codec-error.ts';
import { describeConfig } from '../../../shared/codecs/track-info.ts';
import type { VideoPacket } from '../../../shared/media.ts';
import type { Hub } from '../../live/hub.ts';
import type { Stream } from '../../live/stream.ts';
import type { Log } from '../../ops/log.ts';
import { elementaryStream } from '../../protocols/mpegts/elementary-stream.ts';

export interface LivePicturesOptions {
  readonly hub: Hub;
  readonly log: Log;
  /** Where the program is; undefined: there are no pictures. */
  readonly ffmpeg: string | undefined;
  /** Runs a program beside live traffic; rejects when it fails or `signal` ends it. */
  readonly run: (
    program: string,
    args: readonly string[],
    options: { readonly signal: AbortSignal },
  ) => Promise<unknown>;
  /** For the files that ffmpeg reads and writes. It is made when needed, and removed at the end. */
  readonly folder: string;
}

/** A picture is shown for so long, ms. */
const KEPT_MS = 10_000;
/** Pictures kept, each some 20 kB; the oldest go first. */
const MOST_KEPT = 256;
/** Streams that may wait for their turn; more are asked for again later. */
const MOST_WAITING = 16;
/** After each picture, this many times as long as it took: at most a fifth of a core is used. */
const REST = 4;
const TIMEOUT_MS = 10_000;
/** Larger pictures are not decoded. */
const MAX_PIXELS = 4096 * 2304;
/** The longer side of a picture. */
const SIZE = 480;

interface Kept {
  readonly picture: Buffer | undefined;
  /** `performance.now()` */
  readonly until: number;
}

/**
 * Small pictures of live streams, made by ffmpeg from the newest key frame when somebody asks: one
 * at a time, seldom, and never again for those who ask within some seconds.
 */
export class LivePictures {
  #options: LivePicturesOptions;
  /** Oldest first. */
  #kept = new Map<string, Kept>();
  #waiting = new Map<string, Promise<Buffer | undefined>>();
  #turn: Promise<void> = Promise.resolve();
  #over = new AbortController();

  constructor(options: LivePicturesOptions) {
    this.#options = options;
    options.hub.listen({ closed: ({ name }) => this.#kept.delete(name) });
  }

  /** Whether pictures can be made at all. */
  get possible(): boolean {
    return this.#options.ffmpeg !== undefined;
  }

  /** The stream's picture (JPEG) of late; undefined when there is none, or none yet. */
  async of(name: string): Promise<Buffer | undefined> {
    if (!this.possible || this.#options.hub.find(name)?.state !== 'live') return undefined;
    const kept = this.#kept.get(name);
    if (kept && performance.now() < kept.until) return kept.picture;
    const made = this.#waiting.get(name) ?? this.#queue(name);
    // An older picture now is better than a newer one later.
    return kept?.picture ?? made;
  }

  async close(): Promise<void> {
    this.#over.abort();
    await this.#turn;
    await rm(this.#options.folder, { recursive: true, force: true });
  }

  #queue(name: string): Promise<Buffer | undefined> | undefined {
    if (this.#waiting.size >= MOST_WAITING) return undefined;
    let began = 0;
    const made = this.#turn.then(() => {
      began = performance.now();
      return this.#make(name);
    });
    this.#waiting.set(name, made);
    this.#turn = made.then(() => {
      this.#waiting.delete(name);
      return this.#rest((performance.now() - began) * REST);
    });
    return made;
  }

  async #make(name: string): Promise<Buffer | undefined> {
    const stream = this.#options.hub.find(name);
    const frame = stream && !this.#over.signal.aborted ? keyFrameOf(stream) : undefined;
    const picture = frame && (await this.#decode(frame, name));
    this.#kept.delete(name);
    this.#kept.set(name, { picture, until: performance.now() + KEPT_MS });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MOST_KEPT) break;
      this.#kept.delete(oldest);
    }
    return picture;
  }

  async #decode({ format, bytes }: KeyFrame, name: string): Promise<Buffer | undefined> {
    const { ffmpeg, run, folder, log } = this.#options;
    const [source, target] = [join(folder, 'key-frame'), join(folder, 'picture.jpg')];
    const scale = `scale=${SIZE}:${SIZE}:force_original_aspect_ratio=decrease:force_divisible_by=2`;
    const args = [
      ...['-hide_banner', '-nostdin', '-loglevel', 'error', '-threads', '1'],
      ...['-max_pixels', `${MAX_PIXELS}`, '-f', format, '-i', `file:${source}`],
      ...['-frames:v', '1', '-vf', `${scale},setsar=1`, '-q:v', '5'],
      ...['-f', 'image2', '-update', '1', '-y', `file:${target}`],
    ];
    try {
      await mkdir(folder, { recursive: true });
      await writeFile(source, bytes);
      const signal = AbortSignal.any([this.#over.signal, AbortSignal.timeout(TIMEOUT_MS)]);
      await run(ffmpeg!, args, { signal });
      return await readFile(target);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      log.debug({ stream: `live/${name}` }, `no picture of the stream can be made: ${why}`);
      return undefined;
    }
  }

  #rest(ms: number): Promise<void> {
    const { signal } = this.#over;
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const timer = setTimeout(resolve, ms);
      timer.unref();
      signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
    });
  }
}

/** A key frame as a file that ffmpeg reads. */
interface KeyFrame {
  readonly format: 'h264' | 'hevc';
  readonly bytes: Buffer;
}

/** The key frame that joiners begin with; undefined where there is none, or of no usual codec. */
function keyFrameOf({ gop, tracks }: Stream): KeyFrame | undefined {
  const key = gop.find(
    (packet): packet is VideoPacket =>
      packet.kind === 'video' && packet.role === 'key' && packet.track === 0,
  );
  const config = tracks.all.find(({ kind, number }) => kind === 'video' && number === 0)?.config;
  if (!key || !config || (key.codec !== 'h264' && key.codec !== 'hevc')) return undefined;
  const { width = 0, height = 0 } = describeConfig(key.codec, config.payload);
  if (width * height > MAX_PIXELS) return undefined;
  try {
    const pieces: Uint8Array[] = [];
    elementaryStream({ codec: key.codec, config: config.payload }).append(
      pieces,
      key.payload,
      true,
    );
    return { format: key.codec, bytes: Buffer.concat(pieces) };
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
}
