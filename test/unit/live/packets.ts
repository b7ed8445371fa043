import { Session, type EndReason } from '../../../gateway/sessions/session.ts';
import type { AudioPacket, DataPacket, PacketRole, VideoPacket } from '../../../shared/media.ts';

/** A video packet at `ms`; its body's first byte is `mark`, so that tests can tell packets apart. */
export function video(ms: number, role: PacketRole = 'delta', mark = 0, size = 10): VideoPacket {
  const body = Buffer.alloc(size, mark);
  return {
    kind: 'video',
    codec: 'h264',
    track: 0,
    role,
    dts: ms * 1000,
    pts: ms * 1000,
    payload: body,
    body,
  };
}

export function audio(ms: number, role: 'key' | 'config' = 'key', mark = 0, size = 4): AudioPacket {
  const body = Buffer.alloc(size, mark);
  return {
    kind: 'audio',
    codec: 'aac',
    track: 0,
    role,
    dts: ms * 1000,
    pts: ms * 1000,
    payload: body,
    body,
  };
}

export function data(ms: number, name = 'onMetaData'): DataPacket {
  const body = Buffer.from([1, 2, 3]);
  return { kind: 'data', carrier: 'data', name, dts: ms * 1000, pts: ms * 1000, body };
}

/** The session of somebody who plays; `onEnd` is told why it ends. */
export function playing(onEnd: (reason: EndReason) => void = () => {}): Session {
  const details = { kind: 'play', protocol: 'rtmp', app: 'live', name: 'lesson' } as const;
  return new Session({ ...details, clientId: 1, addr: '127.0.0.1', args: [] }, 0, onEnd);
}
