import { box, fullBox, text, u16, u32 } from './box.ts';
import type { Mp4Track } from './track.ts';

/** What files and initialization segments say alike of a track (ISO/IEC 14496-12, section 8). */

/** No rotation, no scaling: a 3×3 matrix in 16.16 and 2.30 fixed point. */
export const UNITY_MATRIX = u32(0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000);

/** ISO 639-2 `und`, five bits a letter. */
export const UNDETERMINED_LANGUAGE = 0x55c4;

/** `hdlr`: what kind of media the track is (section 8.4.3). */
export function handlerBox(kind: Mp4Track['kind']): Buffer {
  const [type, name] = kind === 'video' ? ['vide', 'Video\0'] : ['soun', 'Audio\0'];
  return fullBox('hdlr', 0, 0, u32(0), text(type), u32(0, 0, 0), text(name));
}

/** What `minf` has before the sample table: `vmhd` or `smhd`, and `dinf`: the media is in this file. */
export function mediaHeaderBoxes(kind: Mp4Track['kind']): Buffer[] {
  return [
    kind === 'video' ? fullBox('vmhd', 0, 1, u16(0, 0, 0, 0)) : fullBox('smhd', 0, 0, u16(0, 0)),
    box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1))),
  ];
}
