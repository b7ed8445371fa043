import { encodeData } from '../../gateway/protocols/rtmp/data.ts';
import { MessageType } from '../../gateway/protocols/rtmp/message.ts';
import { connect, type RtmpClient } from '../../gateway/relay/rtmp-client.ts';
import { videoBody, audioBody } from '../../gateway/protocols/flv/tag-body.ts';
import { hex } from './hex.ts';
import type { Scope } from './scope.ts';

/** Main profile, level 3, 640×360; and AAC-LC, 44.1 kHz, stereo. */
export const AVC_CONFIG = hex(`
  01 4d 40 1e ff e1 00 19 67 4d 40 1e d9 00 a0 2f f9 70 11 00 00 03 00 01 00 00 03 00 32 0f 16 2e
  48 01 00 05 68 eb c3 cb 20`);
export const AAC_CONFIG = hex('12 10');

const FRAME_MS = 40;

export interface NumberedOptions {
  /** Pictures from one key frame to the next; 0: there is no video. */
  readonly gop?: number;
  readonly audio?: boolean;
  /** Bytes of filler in each picture. */
  readonly padding?: number;
  /** Time stamp of frame 0, ms. */
  readonly startMs?: number;
}

/**
 * A publisher that sends when the test says so, not by the clock: frame n is a picture and a piece
 * of sound that both carry the number n, at n × 40 ms. Pictures with n a multiple of `gop` are key
 * frames.
 */
export interface NumberedPublisher {
  readonly client: RtmpClient;
  /** The number that the next frame will have. */
  readonly next: number;
  /** Sends the next frames, the configurations before the first; answers the last one's number. */
  send(count?: number): number;
  /** Sends `onMetaData`, or any other data message, at the time of the next frame. */
  data(name: string, value: Record<string, string | number>): void;
  /** The connection is gone, without a goodbye. */
  lose(): Promise<void>;
  /** Takes leave as encoders do. */
  close(): Promise<void>;
}

/** The access unit of a picture: one NAL unit that carries its number. */
export function numberedPicture(number: number, key: boolean, padding: number): Buffer {
  const unit = Buffer.alloc(4 + 3 + 4 + padding, 0xaa);
  unit.writeUInt32BE(unit.length - 4, 0);
  unit.set(key ? [0x65, 0x88, 0x84] : [0x41, 0x9a, 0x24], 4);
  unit.writeUInt32BE(number, 7);
  return unit;
}

export async function publishNumbered(
  scope: Scope,
  url: string,
  options: NumberedOptions = {},
): Promise<NumberedPublisher> {
  const { gop = 25, audio = true, padding = 400, startMs = 0 } = options;
  const cut = new AbortController();
  const client = await connect(url, { signal: cut.signal });
  scope.after(() => client.close());
  await client.publish();

  let next = 0;
  const sendOne = (number: number): void => {
    const time = startMs + number * FRAME_MS;
    if (gop > 0) {
      const key = number % gop === 0;
      const payload = numberedPicture(number, key, padding);
      const role = key ? 'key' : 'delta';
      const body = videoBody({ codec: 'h264', role, compositionTime: 0, payload });
      client.sendMedia(MessageType.video, time, body);
    }
    if (audio) {
      const sound = Buffer.alloc(24, 0x21);
      sound.writeUInt32BE(number, 0);
      const body = audioBody({ codec: 'aac', role: 'key', payload: sound });
      client.sendMedia(MessageType.audio, time, body);
    }
  };

  return {
    client,
    get next() {
      return next;
    },
    send(count = 1) {
      if (next === 0) {
        const role = 'config';
        const picture = videoBody({ codec: 'h264', role, compositionTime: 0, payload: AVC_CONFIG });
        const sound = audioBody({ codec: 'aac', role, payload: AAC_CONFIG });
        if (gop > 0) client.sendMedia(MessageType.video, startMs, picture);
        if (audio) client.sendMedia(MessageType.audio, startMs, sound);
      }
      for (let left = count; left > 0; left--) sendOne(next++);
      return next - 1;
    },
    data(name, value) {
      const { type, payload } = encodeData('@setDataFrame', name, value);
      client.sendMedia(type, startMs + next * FRAME_MS, payload);
    },
    async lose() {
      const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
      cut.abort();
      await closed;
    },
    close: () => client.close(),
  };
}
