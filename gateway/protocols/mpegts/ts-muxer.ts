import { elementaryStream, type ElementaryStream, type TsTrack } from './elementary-stream.ts';
import { pesHeader, PES_TIME_MODULUS } from './pes.ts';
import { PAT_PID, patSection, PMT_PID, pmtSection } from './psi.ts';
import { TS_PACKET_SIZE, TS_PAYLOAD_SIZE, packetize } from './ts-packet.ts';

/** One access unit; times in µs, of any size: they wrap as the format wants. */
export interface TsSample {
  readonly dts: number;
  readonly pts: number;
  /** Decoding can start here. */
  readonly key: boolean;
  readonly data: Uint8Array;
}

/** The stream's 0 in a transport stream, 90 kHz: room before it for the clock and B-frames. */
const TIME_ORIGIN = 90_000;

/** How far the program clock is behind the decoding times, 90 kHz: what a decoder buffers. */
const CLOCK_DELAY = 45_000;

/** Audio frames are gathered in one PES packet for at most this time, µs, … */
const GATHER_TIME = 200_000;
/** … these bytes … */
const GATHER_BYTES = 4096;
/** … and only while each follows the one before it, µs: only the first one's time is written. */
const GATHER_TOLERANCE = 2000;

const FIRST_PID = 0x100;

interface TrackState {
  readonly stream: ElementaryStream;
  readonly pid: number;
  /** Time that an audio frame takes, µs; 0 when it is not known. */
  readonly frameTime: number;
  gathered: Uint8Array[];
  gatheredBytes: number;
  gatheredFrames: number;
  /** Time of the first frame gathered, µs. */
  gatheredFrom: number;
}

/**
 * Muxes access units into a transport stream of one program (ISO/IEC 13818-1).
 *
 * Every call returns whole packets, made for this call, that belong behind those of the calls
 * before: a segment is `tables()`, any number of `write()`, `flush()`. Continuity counters run on
 * from segment to segment, and over `setTracks` too.
 */
export class TsMuxer {
  #tracks: TrackState[] = [];
  #pcrPid = FIRST_PID;
  #version = -1;
  #tables: readonly [pat: Buffer, pmt: Buffer] = [Buffer.alloc(0), Buffer.alloc(0)];
  #continuity = new Map<number, number>();

  /** Throws a `CodecError` when a track's configuration is not one of its codec. */
  constructor(tracks: readonly TsTrack[]) {
    this.setTracks(tracks);
  }

  /** Other tracks from now on; what was gathered must have been flushed, `tables` must follow. */
  setTracks(tracks: readonly TsTrack[]): void {
    this.#tracks = tracks.map((track, index) => ({
      stream: elementaryStream(track),
      pid: FIRST_PID + index,
      frameTime: track.frameTime ?? 0,
      gathered: [],
      gatheredBytes: 0,
      gatheredFrames: 0,
      gatheredFrom: 0,
    }));
    const clock = this.#tracks.find(({ stream }) => stream.kind === 'video') ?? this.#tracks[0];
    this.#pcrPid = clock?.pid ?? FIRST_PID;
    this.#version = (this.#version + 1) % 32;
    const streams = this.#tracks.map(({ stream, pid }) => ({ ...stream, pid }));
    this.#tables = [patSection(), pmtSection(streams, this.#pcrPid, this.#version)];
  }

  /** PAT and PMT, which a segment has to begin with (RFC 8216, section 3.2). */
  tables(): Buffer {
    const [pat, pmt] = this.#tables;
    return Buffer.concat([this.#tablePacket(PAT_PID, pat), this.#tablePacket(PMT_PID, pmt)]);
  }

  /**
   * Muxes an access unit of the track at `index` of the list given; nothing may come back, when
   * it is gathered with those that follow. Throws a `CodecError` when it is malformed.
   */
  write(index: number, sample: TsSample): Buffer {
    const track = this.#tracks[index];
    if (!track) {
      throw new RangeError(`There is no track ${index}; there are ${this.#tracks.length}.`);
    }
    if (track.stream.kind === 'video' || track.frameTime === 0) {
      const pieces: Uint8Array[] = [];
      track.stream.append(pieces, sample.data, sample.key);
      return this.#pes(track, pieces, sample.pts, sample.dts, sample.key);
    }
    return this.#gather(track, sample);
  }

  /** What is still gathered: belongs at the end of each segment. */
  flush(): Buffer {
    const parts = this.#tracks.map((track) => this.#flushTrack(track));
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  #gather(track: TrackState, sample: TsSample): Buffer {
    const pieces: Uint8Array[] = [];
    track.stream.append(pieces, sample.data, sample.key);
    const expected = track.gatheredFrom + track.gatheredFrames * track.frameTime;
    const follows =
      Math.abs(sample.dts - expected) <= GATHER_TOLERANCE &&
      sample.dts - track.gatheredFrom < GATHER_TIME &&
      track.gatheredBytes + sample.data.length <= GATHER_BYTES;
    const before = follows ? NO_BYTES : this.#flushTrack(track);
    if (track.gatheredFrames === 0) track.gatheredFrom = sample.dts;
    track.gathered.push(...pieces);
    track.gatheredBytes += sample.data.length;
    track.gatheredFrames++;
    return before;
  }

  #flushTrack(track: TrackState): Buffer {
    if (track.gatheredFrames === 0) return NO_BYTES;
    const bytes = this.#pes(track, track.gathered, track.gatheredFrom, track.gatheredFrom, true);
    track.gathered = [];
    track.gatheredBytes = 0;
    track.gatheredFrames = 0;
    return bytes;
  }

  #pes(track: TrackState, pieces: Uint8Array[], pts: number, dts: number, key: boolean): Buffer {
    let size = 0;
    for (const piece of pieces) size += piece.length;
    const times = { pts: pesTime(pts), dts: pesTime(dts) };
    pieces.unshift(pesHeader(track.stream.streamId, size, times));
    return this.#packets(track.pid, pieces, {
      randomAccess: key,
      pcr:
        track.pid === this.#pcrPid
          ? (times.dts - CLOCK_DELAY + PES_TIME_MODULUS) % PES_TIME_MODULUS
          : undefined,
    });
  }

  /** A section alone in its packet: the rest is stuffing, 0xFF (section 2.4.4). */
  #tablePacket(pid: number, section: Buffer): Buffer {
    const stuffing = Buffer.alloc(Math.max(0, TS_PAYLOAD_SIZE - section.length), 0xff);
    return this.#packets(pid, [section, stuffing], {});
  }

  #packets(
    pid: number,
    pieces: readonly Uint8Array[],
    field: { readonly randomAccess?: boolean; readonly pcr?: number },
  ): Buffer {
    const continuity = this.#continuity.get(pid) ?? 0;
    const bytes = packetize({ pid, continuity, pieces, ...field });
    this.#continuity.set(pid, (continuity + bytes.length / TS_PACKET_SIZE) % 16);
    return bytes;
  }
}

const NO_BYTES = Buffer.alloc(0);

/** From µs to 90 kHz, modulo 2^33. */
function pesTime(microseconds: number): number {
  const time = (Math.round(microseconds * 0.09) + TIME_ORIGIN) % PES_TIME_MODULUS;
  return time < 0 ? time + PES_TIME_MODULUS : time;
}
