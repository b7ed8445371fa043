/**
 * Opus in WebM (Matroska, RFC 9559), written live: one cluster a packet, each with its time in ms.
 * Decoders take the time stamps as they are, so gaps stay gaps.
 */

/** EBML element: its ID, a size of 8 bytes, its content. */
const element = (id: number, ...content: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(content);
  const idBytes = Buffer.from(id.toString(16).padStart(id > 0xffff ? 8 : 2, '0'), 'hex');
  const head = Buffer.alloc(8);
  head.writeUInt32BE(0x01000000, 0);
  head.writeUInt32BE(body.length, 4);
  return Buffer.concat([idBytes, head, body]);
};

const unsigned = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
};

const text = (value: string): Buffer => Buffer.from(value, 'latin1');

const float = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
};

const ids = {
  ebml: 0x1a45dfa3,
  docType: 0x4282,
  segment: 0x18538067,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  trackNumber: 0xd7,
  trackUid: 0x73c5,
  trackType: 0x83,
  codecId: 0x86,
  codecPrivate: 0x63a2,
  audio: 0xe1,
  samplingFrequency: 0xb5,
  channels: 0x9f,
  cluster: 0x1f43b675,
  timestamp: 0xe7,
  simpleBlock: 0xa3,
} as const;

const NANOSECONDS_PER_MS = 1_000_000;
const AUDIO_TRACK = 2;

/** What stands before the first packet. `opusHead`: RFC 7845, 5.1. */
export const webmHeader = (opusHead: Uint8Array, channels: number): Buffer => {
  const track = element(
    ids.trackEntry,
    element(ids.trackNumber, unsigned(1)),
    element(ids.trackUid, unsigned(1)),
    element(ids.trackType, unsigned(AUDIO_TRACK)),
    element(ids.codecId, text('A_OPUS')),
    element(ids.codecPrivate, opusHead),
    element(
      ids.audio,
      element(ids.samplingFrequency, float(48000)),
      element(ids.channels, unsigned(channels)),
    ),
  );
  // A segment of unknown size: it goes on until the stream ends.
  const segment = Buffer.from('1853806701ffffffffffffff', 'hex');
  return Buffer.concat([
    element(ids.ebml, element(ids.docType, text('webm'))),
    segment,
    element(ids.info, element(ids.timestampScale, unsigned(NANOSECONDS_PER_MS))),
    element(ids.tracks, track),
  ]);
};

/** A packet at `ms` of the stream's time. */
export const webmPacket = (packet: Uint8Array, ms: number): Buffer => {
  // Track 1, no offset to the cluster's time, key frame.
  const head = Buffer.from([0x81, 0, 0, 0x80]);
  return element(
    ids.cluster,
    element(ids.timestamp, unsigned(ms)),
    element(ids.simpleBlock, head, packet),
  );
};
