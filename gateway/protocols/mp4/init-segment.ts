import { box, fullBox, text, u16, u32 } from './box.ts';
import {
  handlerBox,
  mediaHeaderBoxes,
  UNDETERMINED_LANGUAGE,
  UNITY_MATRIX,
} from './media-boxes.ts';
import { sampleEntry } from './sample-entry.ts';
import type { Mp4Track } from './track.ts';

/**
 * The initialization segment of a fragmented MP4: `ftyp` and a `moov` without samples
 * (ISO/IEC 14496-12, sections 4.3 and 8.2; RFC 8216, section 3.3).
 */
export function initSegment(tracks: readonly Mp4Track[]): Buffer {
  return Buffer.concat([fileType(), movie(tracks)]);
}

function fileType(): Buffer {
  return box('ftyp', text('iso6'), u32(0), text('iso6'), text('cmfc'), text('mp41'));
}

function movie(tracks: readonly Mp4Track[]): Buffer {
  const nextTrackId = 1 + Math.max(0, ...tracks.map((track) => track.id));
  return box(
    'moov',
    fullBox(
      'mvhd',
      0,
      0,
      u32(0, 0, 1000, 0), // creation, modification, timescale, duration
      u32(0x1_0000), // rate 1.0
      u16(0x0100, 0), // volume 1.0
      u32(0, 0),
      UNITY_MATRIX,
      u32(0, 0, 0, 0, 0, 0),
      u32(nextTrackId),
    ),
    ...tracks.map(trackBox),
    box('mvex', ...tracks.map(trackExtends)),
  );
}

function trackBox(track: Mp4Track): Buffer {
  const video = track.kind === 'video';
  return box(
    'trak',
    fullBox(
      'tkhd',
      0,
      0x03, // enabled, in the movie
      u32(0, 0, track.id, 0, 0), // creation, modification, track, reserved, duration
      u32(0, 0),
      u16(0, 0, video ? 0 : 0x0100, 0), // layer, alternate_group, volume, reserved
      UNITY_MATRIX,
      video ? u16(track.width, 0, track.height, 0) : u32(0, 0),
    ),
    box(
      'mdia',
      fullBox('mdhd', 0, 0, u32(0, 0, track.timescale, 0), u16(UNDETERMINED_LANGUAGE, 0)),
      handlerBox(track.kind),
      box('minf', ...mediaHeaderBoxes(track.kind), sampleTable(track)),
    ),
  );
}

/** A sample table that describes the samples and lists none: they come in fragments. */
function sampleTable(track: Mp4Track): Buffer {
  return box(
    'stbl',
    fullBox('stsd', 0, 0, u32(1), sampleEntry(track)),
    fullBox('stts', 0, 0, u32(0)),
    fullBox('stsc', 0, 0, u32(0)),
    fullBox('stsz', 0, 0, u32(0, 0)),
    fullBox('stco', 0, 0, u32(0)),
  );
}

/** Defaults for the track's fragments: every fragment says its own, so only the entry counts. */
function trackExtends(track: Mp4Track): Buffer {
  return fullBox('trex', 0, 0, u32(track.id, 1, 0, 0, 0));
}
