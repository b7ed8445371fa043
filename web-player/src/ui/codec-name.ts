/** What transports call a stream's codecs, as people write it. */
import { codecTitle } from '../../../shared/codec-titles.js';

/** Sample entries (RFC 6381), some with their object type, and WebRTC's subtype that differs. */
const CODECS: ReadonlyMap<string, string> = new Map([
  ['avc1', 'h264'],
  ['avc3', 'h264'],
  ['hvc1', 'hevc'],
  ['hev1', 'hevc'],
  ['h265', 'hevc'],
  ['av01', 'av1'],
  ['vp08', 'vp8'],
  ['vp09', 'vp9'],
  ['mp4a', 'aac'],
  ['mp4a.40.34', 'mp3'],
  ['mp4a.69', 'mp3'],
  ['mp4a.6b', 'mp3'],
  ['ac-3', 'ac3'],
  ['ec-3', 'eac3'],
]);

/**
 * The title of a codec that a transport gives as a string of RFC 6381 (`avc1.64001f`), a subtype of
 * WebRTC (`H264`) or the gateway's own name; as it is where we know none.
 */
export function codecName(text: string): string {
  const name = text.toLowerCase();
  const entry = name.split('.', 1)[0] ?? '';
  const codec = CODECS.get(name) ?? CODECS.get(entry) ?? name;
  const title = codecTitle(codec);
  return title === name ? text : title;
}
