import { parseAudioTag } from '../../../shared/flv/audio-tag.ts';
import type { FlvTag } from '../../../shared/flv/demuxer.ts';
import { FlvError } from '../../../shared/flv/flv-error.ts';
import { parseVideoTag } from '../../../shared/flv/video-tag.ts';
import type { MediaPacket } from '../../../shared/media.ts';
import { AudioClock } from '../hls/audio-clock.ts';
import { frameTime, trackFormat, type TrackFormat } from '../hls/track-format.ts';
import type { Movie, MovieTrack } from '../mp4/movie.ts';
import { trackEnd } from '../mp4/movie.ts';
import { SampleColumns } from '../mp4/sample-columns.ts';
import { sampleEntry } from '../mp4/sample-entry.ts';

/** Ticks a second of pictures, whose times are whole ms. */
const VIDEO_TIMESCALE = 90_000;
/** What the last picture takes when none before it tells, µs. */
const DEFAULT_FRAME_TIME = 40_000;
/** Most tracks of a file that are taken. */
const MAX_TRACKS = 16;

interface Builder {
  readonly kind: 'video' | 'audio';
  config: MediaPacket | undefined;
  format: TrackFormat | undefined;
  readonly samples: SampleColumns;
  readonly clock: AudioClock;
  /** µs; undefined until the first sample. */
  begin: number | undefined;
  newest: number;
  lastDuration: number;
}

/**
 * Makes a movie's tables from an FLV file (FLV 10.1 annex E), tag by tag. Tracks of codecs that MP4
 * has no place for are left out; so is what cannot be read, and what comes before a key frame.
 */
export class FlvMovieBuilder {
  #tracks = new Map<string, Builder>();

  /**
   * Takes the next tag.
   * @param bodyOffset where in the file its body begins, bytes
   */
  add(tag: FlvTag, bodyOffset: number): void {
    if (tag.type === 'data' || tag.body.length === 0) return;
    for (const packet of packetsOf(tag)) {
      this.#packet(packet, bodyOffset + (packet.payload.byteOffset - tag.body.byteOffset));
    }
  }

  /** The tables; undefined when there is no track that MP4 has a place for. */
  build(): Movie | undefined {
    const tracks = [...this.#tracks.values()].flatMap((builder, index) =>
      movieTrack(builder, index + 1),
    );
    if (tracks.length === 0) return undefined;
    return { tracks, duration: Math.max(...tracks.map(trackEnd)) };
  }

  #packet(packet: MediaPacket, offset: number): void {
    const key = `${packet.kind} ${packet.track}`;
    let builder = this.#tracks.get(key);
    if (!builder) {
      if (this.#tracks.size >= MAX_TRACKS) return;
      builder = newBuilder(packet.kind);
      this.#tracks.set(key, builder);
    }
    if (packet.role === 'config') {
      // Once there is media this is a repetition: for another set-up the recorder begins a new file.
      if (!builder.format) builder.config = packet;
      return;
    }
    if (!builder.format) {
      if (packet.role !== 'key') return;
      builder.format = trackFormat(builder.config, packet);
      if (!builder.format) return;
    }
    if (packet.codec !== builder.format.codec) return;
    addSample(builder, builder.format, packet, offset);
  }
}

function addSample(builder: Builder, format: TrackFormat, packet: MediaPacket, offset: number) {
  const duration = frameTime(format, packet.payload);
  const dts = packet.kind === 'audio' ? builder.clock.at(packet.dts, duration) : packet.dts;
  builder.begin ??= dts;
  const timescale = timescaleOf(format);
  const ticks = (time: number) => Math.round((time * timescale) / 1e6);
  const time = Math.max(builder.samples.newest, ticks(dts - builder.begin));
  builder.lastDuration = duration || dts - builder.newest || builder.lastDuration;
  builder.newest = dts;
  builder.samples.push({
    offset,
    size: packet.payload.length,
    dts: time,
    composition: ticks(packet.pts - packet.dts),
    key: packet.role === 'key',
  });
  builder.samples.lastDuration = ticks(builder.lastDuration || DEFAULT_FRAME_TIME);
}

function movieTrack(builder: Builder, id: number): MovieTrack[] {
  const { format, samples, begin = 0 } = builder;
  if (!format || samples.count === 0) return [];
  samples.trim();
  const timescale = timescaleOf(format);
  return [
    {
      id,
      kind: builder.kind,
      timescale,
      entry: sampleEntry({ ...format, id, timescale }),
      width: format.kind === 'video' ? format.width : 0,
      height: format.kind === 'video' ? format.height : 0,
      samples,
      shift: begin,
    },
  ];
}

function timescaleOf(format: TrackFormat): number {
  return format.kind === 'video' ? VIDEO_TIMESCALE : format.sampleRate;
}

function newBuilder(kind: 'video' | 'audio'): Builder {
  return {
    kind,
    config: undefined,
    format: undefined,
    samples: new SampleColumns(),
    clock: new AudioClock(),
    begin: undefined,
    newest: 0,
    lastDuration: 0,
  };
}

/** The access units and configurations in a tag; none where it is not understood. */
function* packetsOf({ type, timestamp, body }: FlvTag): Generator<MediaPacket> {
  const dts = timestamp * 1000;
  try {
    if (type === 'video') {
      for (const tag of parseVideoTag(body)) {
        if (tag.kind !== 'frame' && tag.kind !== 'config') continue;
        const { codec, track, payload } = tag;
        const role = tag.kind === 'config' ? 'config' : tag.key ? 'key' : 'delta';
        const pts = dts + tag.compositionTime;
        yield { kind: 'video', codec, track, role, dts, pts, payload, body };
      }
    } else if (type === 'audio') {
      for (const tag of parseAudioTag(body)) {
        if (tag.kind !== 'frame' && tag.kind !== 'config') continue;
        const { codec, track, payload } = tag;
        const role = tag.kind === 'config' ? 'config' : 'key';
        yield { kind: 'audio', codec, track, role, dts, pts: dts, payload, body };
      }
    }
  } catch (error) {
    if (!(error instanceof FlvError)) throw error;
  }
}
