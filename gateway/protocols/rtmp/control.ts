/** Protocol control messages (RTMP 1.0 section 5.4) and user control messages (section 7.1.7). */
import { RtmpError } from './errors.ts';
import { CONTROL_CHUNK_STREAM, MessageType } from './message.ts';
import type { RtmpMessage } from './message.ts';

/** Set Peer Bandwidth, section 5.4.5. */
export type BandwidthLimit = 'hard' | 'soft' | 'dynamic';
const bandwidthLimits: readonly BandwidthLimit[] = ['hard', 'soft', 'dynamic'];

/** Event types, section 7.1.7; 31 and 32 are FMS's. */
const UserEvent = {
  streamBegin: 0,
  streamEof: 1,
  streamDry: 2,
  setBufferLength: 3,
  streamIsRecorded: 4,
  pingRequest: 6,
  pingResponse: 7,
  bufferEmpty: 31,
  bufferReady: 32,
} as const;

type StreamEvent =
  'streamBegin' | 'streamEof' | 'streamDry' | 'streamIsRecorded' | 'bufferEmpty' | 'bufferReady';

export type ControlMessage =
  | { kind: 'setChunkSize'; size: number }
  | { kind: 'abort'; chunkStreamId: number }
  /** All bytes received so far, modulo 2^32. */
  | { kind: 'acknowledgement'; sequenceNumber: number }
  | { kind: 'windowAcknowledgementSize'; size: number }
  | { kind: 'setPeerBandwidth'; size: number; limit: BandwidthLimit }
  | { kind: StreamEvent; streamId: number }
  | { kind: 'setBufferLength'; streamId: number; milliseconds: number }
  | { kind: 'pingRequest' | 'pingResponse'; timestamp: number }
  /** An event that is not known here, such as those of SWF verification. */
  | { kind: 'unknownEvent'; event: number };

function control(type: number, payload: Buffer): RtmpMessage {
  return { type, streamId: 0, timestamp: 0, chunkStreamId: CONTROL_CHUNK_STREAM, payload };
}

function number32(type: number, value: number): RtmpMessage {
  const payload = Buffer.allocUnsafe(4);
  payload.writeUInt32BE(value >>> 0, 0);
  return control(type, payload);
}

function userEvent(event: number, ...values: number[]): RtmpMessage {
  const payload = Buffer.allocUnsafe(2 + 4 * values.length);
  let at = payload.writeUInt16BE(event, 0);
  for (const value of values) at = payload.writeUInt32BE(value >>> 0, at);
  return control(MessageType.userControl, payload);
}

/** "My chunks are at most this long from now on", 1 to 2^31 - 1 bytes. */
export function setChunkSize(size: number): RtmpMessage {
  return number32(MessageType.setChunkSize, size);
}

/** "The message on that chunk stream will not be finished." */
export function abort(chunkStreamId: number): RtmpMessage {
  return number32(MessageType.abort, chunkStreamId);
}

/** "I have received that many bytes"; sent modulo 2^32. */
export function acknowledgement(bytesReceived: number): RtmpMessage {
  return number32(MessageType.acknowledgement, bytesReceived % 0x1_0000_0000);
}

/** "I expect an acknowledgement each so many bytes." */
export function windowAcknowledgementSize(size: number): RtmpMessage {
  return number32(MessageType.windowAcknowledgementSize, size);
}

/** "Have at most that many bytes unacknowledged." */
export function setPeerBandwidth(size: number, limit: BandwidthLimit): RtmpMessage {
  const payload = Buffer.allocUnsafe(5);
  payload.writeUInt32BE(size >>> 0, 0);
  payload.writeUInt8(bandwidthLimits.indexOf(limit), 4);
  return control(MessageType.setPeerBandwidth, payload);
}

/** "That NetStream can be used." */
export function streamBegin(streamId: number): RtmpMessage {
  return userEvent(UserEvent.streamBegin, streamId);
}

/** "Nothing more will be played on that NetStream." */
export function streamEof(streamId: number): RtmpMessage {
  return userEvent(UserEvent.streamEof, streamId);
}

/** "There is nothing to play on that NetStream for now." */
export function streamDry(streamId: number): RtmpMessage {
  return userEvent(UserEvent.streamDry, streamId);
}

/** Client to server: how much it buffers of that NetStream. */
export function setBufferLength(streamId: number, milliseconds: number): RtmpMessage {
  return userEvent(UserEvent.setBufferLength, streamId, milliseconds);
}

/** "That NetStream plays a recording." */
export function streamIsRecorded(streamId: number): RtmpMessage {
  return userEvent(UserEvent.streamIsRecorded, streamId);
}

/** Server to client: `timestamp` (ms, any epoch) comes back in the response. */
export function pingRequest(timestamp: number): RtmpMessage {
  return userEvent(UserEvent.pingRequest, timestamp);
}

export function pingResponse(timestamp: number): RtmpMessage {
  return userEvent(UserEvent.pingResponse, timestamp);
}

/** Server to client: all that there is of that NetStream has been sent. */
export function bufferEmpty(streamId: number): RtmpMessage {
  return userEvent(UserEvent.bufferEmpty, streamId);
}

/** Server to client: sending of that NetStream goes on. */
export function bufferReady(streamId: number): RtmpMessage {
  return userEvent(UserEvent.bufferReady, streamId);
}

const controlTypes: ReadonlySet<number> = new Set([
  MessageType.setChunkSize,
  MessageType.abort,
  MessageType.acknowledgement,
  MessageType.userControl,
  MessageType.windowAcknowledgementSize,
  MessageType.setPeerBandwidth,
]);

/** Whether `parseControl` is for that message type. */
export function isControl(type: number): boolean {
  return controlTypes.has(type);
}

/** Parses a control message. Throws `RtmpError` when it is cut short or not a control message. */
export function parseControl(message: Pick<RtmpMessage, 'type' | 'payload'>): ControlMessage {
  const { type, payload } = message;
  switch (type) {
    case MessageType.setChunkSize:
      return { kind: 'setChunkSize', size: read32(payload, 0) };
    case MessageType.abort:
      return { kind: 'abort', chunkStreamId: read32(payload, 0) };
    case MessageType.acknowledgement:
      return { kind: 'acknowledgement', sequenceNumber: read32(payload, 0) };
    case MessageType.windowAcknowledgementSize:
      return { kind: 'windowAcknowledgementSize', size: read32(payload, 0) };
    case MessageType.setPeerBandwidth: {
      // Without a limit type, or with one that is not defined, the strictest reading holds.
      const limit = bandwidthLimits[payload[4] ?? 0] ?? 'hard';
      return { kind: 'setPeerBandwidth', size: read32(payload, 0), limit };
    }
    case MessageType.userControl:
      return parseUserControl(payload);
    default:
      throw new RtmpError('RTMP_BAD_CONTROL', `Message type ${type} is not a control message.`);
  }
}

function parseUserControl(payload: Buffer): ControlMessage {
  if (payload.length < 2) throw cutShort(payload, 2);
  const event = payload.readUInt16BE(0);
  switch (event) {
    case UserEvent.streamBegin:
      return { kind: 'streamBegin', streamId: read32(payload, 2) };
    case UserEvent.streamEof:
      return { kind: 'streamEof', streamId: read32(payload, 2) };
    case UserEvent.streamDry:
      return { kind: 'streamDry', streamId: read32(payload, 2) };
    case UserEvent.streamIsRecorded:
      return { kind: 'streamIsRecorded', streamId: read32(payload, 2) };
    case UserEvent.bufferEmpty:
      return { kind: 'bufferEmpty', streamId: read32(payload, 2) };
    case UserEvent.bufferReady:
      return { kind: 'bufferReady', streamId: read32(payload, 2) };
    case UserEvent.setBufferLength:
      return {
        kind: 'setBufferLength',
        streamId: read32(payload, 2),
        milliseconds: read32(payload, 6),
      };
    case UserEvent.pingRequest:
      return { kind: 'pingRequest', timestamp: read32(payload, 2) };
    case UserEvent.pingResponse:
      return { kind: 'pingResponse', timestamp: read32(payload, 2) };
    default:
      return { kind: 'unknownEvent', event };
  }
}

function read32(payload: Buffer, offset: number): number {
  if (payload.length < offset + 4) throw cutShort(payload, offset + 4);
  return payload.readUInt32BE(offset);
}

function cutShort(payload: Buffer, expected: number): RtmpError {
  return new RtmpError(
    'RTMP_BAD_CONTROL',
    `A control message of ${payload.length} bytes; expected at least ${expected}.`,
  );
}
