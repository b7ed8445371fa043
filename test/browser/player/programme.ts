import { audioBody, videoBody } from '../../../gateway/protocols/flv/tag-body.ts';
import { MessageType } from '../../../gateway/protocols/rtmp/message.ts';
import { encode, type EncodeOptions } from '../../helpers/encoded-media.ts';
import type { Scope } from '../../helpers/scope.ts';
import type { NumberedMedia } from '../latency/numbered-media.ts';

const SECONDS = 4;

/** A test picture and a tone by encoders of the test's choosing, to be published as numbered media is. */
export async function encodeProgramme(
  scope: Scope,
  options: Pick<EncodeOptions, 'video' | 'audio' | 'size'>,
): Promise<NumberedMedia> {
  const { packets } = await encode(scope, { ...options, seconds: SECONDS });
  const all = packets.flatMap((packet) => {
    if (packet.kind === 'data') return [];
    const { role, dts, pts, payload } = packet;
    const isVideo = packet.kind === 'video';
    const body = isVideo
      ? videoBody({ codec: packet.codec, role, payload, compositionTime: pts - dts })
      : audioBody({ codec: packet.codec, role, payload });
    const message = {
      type: isVideo ? MessageType.video : MessageType.audio,
      timestamp: Math.round(dts / 1000),
      payload: body,
      number: undefined,
    };
    return [{ isHead: role === 'config', message }];
  });
  return {
    fps: 25,
    duration: SECONDS * 1000,
    head: all.filter(({ isHead }) => isHead).map(({ message }) => message),
    messages: all
      .filter(({ isHead, message }) => !isHead && message.timestamp < SECONDS * 1000)
      .map(({ message }) => message),
  };
}
