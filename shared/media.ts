/**
 * The words that every room uses for media: codecs, tracks and packets.
 *
 * A packet is one access unit (or one configuration record, or one data message) with its times.
 * Times are integer microseconds on the stream's own timeline; only RTMP and FLV round to ms.
 */

export type VideoCodec = 'h264' | 'hevc' | 'av1' | 'vp9' | 'vp8' | 'h263' | 'vp6' | 'screen';
export type AudioCodec =
  | 'aac'
  | 'mp3'
  | 'opus'
  | 'ac3'
  | 'eac3'
  | 'flac'
  | 'speex'
  | 'nellymoser'
  | 'pcm'
  | 'g711a'
  | 'g711u';

/**
 * What a packet is to a decoder:
 * - `config`: a decoder configuration record (AVC/HEVC/AV1 configuration box content,
 *   AudioSpecificConfig, OpusHead); it carries no picture or sound;
 * - `key`: an access unit that decoding can start at (every audio frame is one);
 * - `delta`: an access unit that needs those before it;
 * - `disposable`: a delta that nothing else refers to.
 */
export type PacketRole = 'config' | 'key' | 'delta' | 'disposable';

interface MediaPacketBase {
  /** Number of the track within its kind (Enhanced RTMP track id); 0 for the only or default one. */
  readonly track: number;
  readonly role: PacketRole;
  /** Decoding time, integer µs, never decreasing within a track. */
  readonly dts: number;
  /** Presentation time, integer µs; `pts - dts` is the composition time offset. */
  readonly pts: number;
  /** The codec's bytes without any container header: AVCC/HVCC length-prefixed NAL units, a raw AAC frame, … */
  readonly payload: Uint8Array;
  /**
   * The RTMP message payload (FLV tag body) as it came or was made; shares memory with `payload`.
   * Empty in all but the first packet of a message that carries several tracks.
   */
  readonly body: Uint8Array;
}

export interface VideoPacket extends MediaPacketBase {
  readonly kind: 'video';
  readonly codec: VideoCodec;
}

export interface AudioPacket extends MediaPacketBase {
  readonly kind: 'audio';
  readonly codec: AudioCodec;
}

/**
 * What is neither picture nor sound, passed on as it came: an AMF0 data message such as
 * `onMetaData` or `onTextData`, or a note inside a video or audio message (`carrier` says which).
 */
export interface DataPacket {
  readonly kind: 'data';
  readonly carrier: 'data' | 'video' | 'audio';
  /** The data message's name, or of a note its kind (`metadata`, `end`, `command`, `channels`). */
  readonly name: string;
  readonly dts: number;
  readonly pts: number;
  readonly body: Uint8Array;
}

export type MediaPacket = VideoPacket | AudioPacket;
export type Packet = MediaPacket | DataPacket;
