/** Message type ids: RTMP 1.0 sections 5.4 and 7.1. */
export const MessageType = {
  setChunkSize: 1,
  abort: 2,
  acknowledgement: 3,
  userControl: 4,
  windowAcknowledgementSize: 5,
  setPeerBandwidth: 6,
  audio: 8,
  video: 9,
  dataAmf3: 15,
  sharedObjectAmf3: 16,
  commandAmf3: 17,
  dataAmf0: 18,
  sharedObjectAmf0: 19,
  commandAmf0: 20,
  aggregate: 22,
} as const;

/** The chunk stream that protocol control and user control messages travel on (section 5.4). */
export const CONTROL_CHUNK_STREAM = 2;

/** One message, whole: what the chunk stream carries. */
export interface RtmpMessage {
  /** One of `MessageType`, or a number that nobody has given a meaning. */
  type: number;
  /** The NetStream that it belongs to; 0 is the connection itself. */
  streamId: number;
  /** Absolute time in ms, unsigned 32 bits: it wraps after 49.7 days. */
  timestamp: number;
  chunkStreamId: number;
  payload: Buffer;
}
