import type { IncomingMessage, ServerResponse } from 'node:http';
import { CORS } from '../http/cors.ts';
import { pathOf } from '../http/request.ts';
import { PLAYLIST_TYPE } from './hls-http.ts';
import type { HlsOutputs } from './hls-outputs.ts';
import type { HlsFile } from './hls-stream.ts';
import type { HlsViewer, HlsViewers } from './hls-viewers.ts';

export const MEDIA_PLAYLIST = 'live.m3u8';

/** `/NAME/VIEWER/FILE`. */
const VIEWER_PATH = /^\/([^/]+)\/([\w-]{22})\/([\w.-]+)$/;

/** Names and values in turn: the form that Node.js writes without looking at each. */
const headers = (type: string, cacheControl: string): readonly string[] => [
  ...Object.entries(CORS).flat(),
  ...['content-type', type],
  ...['cache-control', cacheControl],
  'content-length',
];

const PLAYLIST = headers(PLAYLIST_TYPE, 'no-store');
/** A segment never changes; its address is one viewer's alone. */
const FILES: Readonly<Record<HlsFile['type'], readonly string[]>> = {
  'video/mp2t': headers('video/mp2t', 'private, max-age=3600, immutable'),
  'video/mp4': headers('video/mp4', 'private, max-age=3600, immutable'),
};

/** Answers with a playlist, which is ASCII: its head and body are one write. */
export function sendPlaylist(response: ServerResponse, playlist: string): void {
  response.writeHead(200, [...PLAYLIST, String(playlist.length)]);
  response.end(playlist, 'latin1');
}

/** Answers with a segment or initialization segment; what went out whole counts as the viewer's. */
export function sendFile(
  response: ServerResponse,
  { data, type, end }: HlsFile,
  { session }: HlsViewer,
): void {
  if (response.req.method === 'GET') {
    response.once('finish', () => {
      session.bytes += data.length;
      if (end !== undefined)
        session.timestamp = Math.max(session.timestamp, Math.round(end / 1000));
    });
  }
  response.writeHead(200, [...FILES[type], String(data.length)]);
  response.end(data);
}

/**
 * Answers what viewers ask again and again, the media playlist and segments, without a detour: of
 * such requests there are as many a second as there are viewers. False for all that takes more than
 * a look: those who are new or unknown, what is not there, and methods but GET.
 */
export function answerViewer(
  { outputs, viewers }: { readonly outputs: HlsOutputs; readonly viewers: HlsViewers },
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const asked = request.method === 'GET' && VIEWER_PATH.exec(pathOf(request.url ?? ''));
  if (!asked) return false;
  const [, name = '', token = '', fileName = ''] = asked;
  const viewer = viewers.find(token, decoded(name));
  const stream = viewer && outputs.open(viewer.name);
  if (!stream) return false;
  if (fileName === MEDIA_PLAYLIST) {
    if (stream.playlist === undefined) return false;
    sendPlaylist(response, stream.playlist);
    return true;
  }
  const file = stream.file(fileName);
  if (!file) return false;
  sendFile(response, file, viewer);
  return true;
}

/** A part of a path; as it stands when its percent codes are broken. */
function decoded(part: string): string {
  if (!part.includes('%')) return part;
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
