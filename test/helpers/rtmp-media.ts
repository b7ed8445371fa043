import type { RtmpClient } from '../../gateway/relay/rtmp-client.ts';

/** RTMP message types. */
const AUDIO = 8;
const VIDEO = 9;

/** H.264 High 3.0, 640×360, 25 frames a second, as an encoder announces it. */
const avcHeader = Buffer.from(
  '17000000000164001effe1001a6764001eacd940a02ff97011000003000100000300320f162d9601000668ebe3cb22c0fdf8f800',
  'hex',
);
/** AAC LC, 44.1 kHz, stereo. */
const aacHeader = Buffer.from('af001210', 'hex');

export interface CraftedMedia {
  /** Milliseconds of stream time of the first frame. */
  readonly from?: number;
  readonly seconds?: number;
  /** Bytes of each picture. */
  readonly frameBytes?: number;
}

/**
 * Sends pictures (25 a second, a key frame each second) and sound at once, paced by nothing: bytes
 * that have the form of H.264 and AAC but no content. What was sent can be told from `from`.
 */
export function sendMedia(
  client: RtmpClient,
  { from = 0, seconds = 2, frameBytes = 400 }: CraftedMedia = {},
): void {
  client.sendMedia(VIDEO, from, avcHeader);
  client.sendMedia(AUDIO, from, aacHeader);
  for (let frame = 0; frame < seconds * 25; frame++)
    sendFrame(client, from + frame * 40, frame, frameBytes);
}

/** Sends one picture, a key frame when its number is a multiple of 25, and the sound with it. */
export function sendFrame(
  client: RtmpClient,
  timestamp: number,
  number: number,
  frameBytes = 400,
): void {
  const key = number % 25 === 0;
  const picture = Buffer.alloc(9 + frameBytes);
  picture.set([key ? 0x17 : 0x27, 1, 0, 0, 0]);
  picture.writeUInt32BE(frameBytes, 5);
  picture[9] = key ? 0x65 : 0x41;
  client.sendMedia(VIDEO, timestamp, picture);
  const sound = Buffer.alloc(64);
  sound.set([0xaf, 1]);
  client.sendMedia(AUDIO, timestamp, sound);
}
