import type { MediaPacket } from '../../../shared/media.ts';
import { describeConfig } from '../../../shared/codecs/track-info.ts';
import { audioBody, videoBody } from '../../protocols/flv/tag-body.ts';
import {
  decodingTime,
  isKey,
  keyBefore,
  leadingTrack,
  presentationTime,
  sampleFrom,
  type Movie,
  type MovieTrack,
} from '../../protocols/mp4/movie.ts';
import {
  readSampleEntry,
  type SampleDescription,
} from '../../protocols/mp4/sample-entry-reader.ts';
import type { VodFile } from '../vod-files.ts';

/** What is read in one go at most: samples, and bytes of media. */
const MAX_SAMPLES = 256;
const MAX_BYTES = 1024 * 1024;

interface Cursor {
  readonly track: MovieTrack;
  readonly description: SampleDescription;
  /** The next sample. */
  next: number;
}

/** One sample that is due. */
interface Due {
  readonly cursor: Cursor;
  readonly index: number;
  readonly dts: number;
}

/**
 * Reads a file's pictures and sound as packets, in the order of their decoding times. Times are µs
 * from the file's begin; they are put back far enough that none is negative.
 */
export class VodReader {
  readonly duration: number;
  #file: VodFile;
  #movie: Movie;
  #cursors: Cursor[];
  #lead: number;

  /** @throws Mp4Error when the file cannot be read, or there is no track that RTMP carries */
  static async open(file: VodFile): Promise<VodReader> {
    return new VodReader(file, await file.movie());
  }

  private constructor(file: VodFile, movie: Movie) {
    this.#file = file;
    this.#cursors = (['video', 'audio'] as const).flatMap((kind) => firstOf(movie, kind));
    this.#movie = { ...movie, tracks: this.#cursors.map(({ track }) => track) };
    leadingTrack(this.#movie);
    const begin = Math.min(...this.#movie.tracks.map((track) => decodingTime(track, 0)));
    this.#lead = Math.max(0, -begin);
    this.duration = movie.duration;
  }

  /** What `onMetaData` says of the file. */
  get metadata(): Record<string, number> {
    const about: Record<string, number> = {
      duration: this.duration / 1e6,
      filesize: this.#file.size,
    };
    for (const { track, description } of this.#cursors) {
      if (description.kind === 'video') {
        about['width'] = track.width;
        about['height'] = track.height;
        about['framerate'] =
          Math.round((track.samples.count * track.timescale * 100) / (track.samples.end || 1)) /
          100;
        if (description.codec === 'h264') about['videocodecid'] = 7;
      } else {
        about['audiosamplerate'] = description.sampleRate;
        about['audiochannels'] = description.channels;
        if (description.codec === 'aac') about['audiocodecid'] = 10;
        if (description.codec === 'mp3') about['audiocodecid'] = 2;
      }
    }
    return about;
  }

  /** The decoding time of the next sample; undefined at the end. */
  get next(): number | undefined {
    return this.#due()?.dts;
  }

  /** Goes to the key frame at or before `time`; answers when that is shown. */
  seek(time: number): number {
    const leading = leadingTrack(this.#movie);
    const key = keyBefore(leading, Math.max(0, time));
    const from = decodingTime(leading, key);
    for (const cursor of this.#cursors) {
      cursor.next = cursor.track === leading ? key : sampleFrom(cursor.track, from);
    }
    return Math.max(0, presentationTime(leading, key));
  }

  /** The decoder configurations, at the time of what comes next. */
  configs(): MediaPacket[] {
    const dts = this.next ?? 0;
    return this.#cursors.flatMap(({ description }) =>
      description.config.length === 0 || !HAS_CONFIG.has(description.codec)
        ? []
        : [packetOf(description, 'config', dts, dts, description.config)],
    );
  }

  /** What is decoded before `until`, as much of it as is read in one go. */
  async read(until: number): Promise<MediaPacket[]> {
    const due: Due[] = [];
    for (let bytes = 0; due.length < MAX_SAMPLES && bytes < MAX_BYTES;) {
      const sample = this.#due();
      if (!sample || sample.dts >= until) break;
      due.push(sample);
      bytes += sample.cursor.track.samples.size(sample.index);
      sample.cursor.next++;
    }
    const order = due.map((_, index) => index).sort((a, b) => placeOf(due[a]!) - placeOf(due[b]!));
    const places = order.map((index) => {
      const { cursor, index: sample } = due[index]!;
      const { samples } = cursor.track;
      return { offset: samples.offset(sample), size: samples.size(sample) };
    });
    const contents = await this.#file.readPlaces(places);
    const packets: MediaPacket[] = [];
    for (const [at, index] of order.entries()) {
      const { cursor, index: sample, dts } = due[index]!;
      const pts = Math.round(presentationTime(cursor.track, sample) + this.#lead);
      const role = isKey(cursor.track, sample) ? 'key' : 'delta';
      packets[index] = packetOf(cursor.description, role, Math.round(dts), pts, contents[at]!);
    }
    return packets;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  #due(): Due | undefined {
    let due: Due | undefined;
    for (const cursor of this.#cursors) {
      if (cursor.next >= cursor.track.samples.count) continue;
      const dts = decodingTime(cursor.track, cursor.next) + this.#lead;
      if (!due || dts < due.dts) due = { cursor, index: cursor.next, dts };
    }
    return due;
  }
}

const placeOf = ({ cursor, index }: Due): number => cursor.track.samples.offset(index);

/** Codecs whose configuration is sent ahead of the media; the others' frames say it all. */
const HAS_CONFIG: ReadonlySet<string> = new Set([
  'h264',
  'hevc',
  'av1',
  'vp9',
  'aac',
  'opus',
  'flac',
]);

/** The first track of a kind whose codec RTMP carries. */
function firstOf({ tracks }: Movie, kind: 'video' | 'audio'): Cursor[] {
  for (const track of tracks) {
    if (track.kind !== kind) continue;
    const description = readSampleEntry(track.entry);
    if (description?.kind !== kind) continue;
    return [{ track, description: withRate(description), next: 0 }];
  }
  return [];
}

/** The configuration knows better than the sample entry, whose rate has 16 bits. */
function withRate(description: SampleDescription): SampleDescription {
  if (description.kind === 'video') return description;
  const { sampleRate, channels } = describeConfig(description.codec, description.config);
  return {
    ...description,
    sampleRate: sampleRate ?? description.sampleRate,
    channels: channels ?? description.channels,
  };
}

function packetOf(
  description: SampleDescription,
  role: 'config' | 'key' | 'delta',
  dts: number,
  pts: number,
  payload: Uint8Array,
): MediaPacket {
  if (description.kind === 'video') {
    const { codec } = description;
    const body = videoBody({ codec, role, compositionTime: pts - dts, payload });
    return { kind: 'video', codec, track: 0, role, dts, pts, payload, body };
  }
  const { codec, sampleRate, channels } = description;
  const audioRole = role === 'config' ? 'config' : 'key';
  const body = audioBody({ codec, role: audioRole, payload, sampleRate, channels });
  return { kind: 'audio', codec, track: 0, role: audioRole, dts, pts, payload, body };
}
