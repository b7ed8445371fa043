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
  const all = packets.map((packet) => {
    const { dts, pts } = packet;
    const message = {
      type: packet.kind === 'video' ? MessageType.video : MessageType.audio,
      timestamp: Math.round(dts / 1000),
      payload:
        packet.kind === 'video'
          ? videoBody({ ...packet, compositionTime: pts - dts })
          : audioBody({ ...packet, role: packet.role === 'config' ? 'config' : 'key' }),
      number: undefined,
    };
    return { isHead: packet.role === 'config', message };
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
