import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { randomBytes } from 'node:crypto';
import { multivariantPlaylist } from '../../protocols/hls/playlist.ts';
import type { HlsOutputs } from './hls-outputs.ts';
import type { HlsFile } from './hls-stream.ts';
import type { HlsViewer, HlsViewers } from './hls-viewers.ts';

export interface HlsRoutesOptions {
  readonly outputs: HlsOutputs;
  readonly viewers: HlsViewers;
  /** How long a request waits for a stream that has just begun, ms. */
  readonly patience?: number;
}

/** Less than hls.js waits for a multivariant playlist (20 s). */
const PATIENCE = 15_000;
/** Less than it waits for a media playlist's first byte (10 s). */
const MEDIA_PATIENCE = 8_000;

const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl';
const MEDIA_PLAYLIST = 'live.m3u8';
const CAME_IN_VAIN = {
  code: 'failed',
  message: 'The player left, or the stream, before there was a segment.',
} as const;
const TOKEN = /^[\w-]{22}$/;

interface MasterRequest {
  Params: { name: string };
}
interface ViewerRequest {
  Params: { name: string; viewer: string };
}
interface FileRequest {
  Params: { name: string; viewer: string; file: string };
}

/**
 * HLS over HTTP:
 *
 *     GET /NAME/index.m3u8            a multivariant playlist, made for one viewer
 *     GET /NAME/VIEWER/live.m3u8      the media playlist, the same bytes for all
 *     GET /NAME/VIEWER/FILE           segments and initialization segments
 */
export function hlsRoutes(app: FastifyInstance, options: HlsRoutesOptions): void {
  const { outputs, viewers } = options;
  const patience = options.patience ?? PATIENCE;

  app.get<MasterRequest>('/:name/index.m3u8', async (request, reply) => {
    const { name } = request.params;
    allowAnyOrigin(reply);
    if (!outputs.isLive(name)) return noStream(reply, name);
    if (request.method === 'HEAD')
      return reply
        .type(PLAYLIST_TYPE)
        .header(...NO_STORE)
        .send();

    const token = randomBytes(16).toString('base64url');
    const refusal = await admit(viewers, token, request);
    if (refusal) return refuse(reply, refusal);
    const stream = outputs.open(name);
    const ready = await stream?.waitForPlaylist(patience);
    const viewer = viewers.find(token, name);
    if (!stream || !ready || !viewer || request.raw.destroyed) {
      viewer?.session.end(CAME_IN_VAIN);
      return notYet(reply, name);
    }
    // The arguments stay with the address: with them a viewer can be admitted again.
    const uri = `${token}/${MEDIA_PLAYLIST}${queryOf(request)}`;
    return sendPlaylist(reply, multivariantPlaylist(stream.variant(uri)));
  });

  app.get<ViewerRequest>(`/:name/:viewer/${MEDIA_PLAYLIST}`, async (request, reply) => {
    const { name, viewer: token } = request.params;
    allowAnyOrigin(reply);
    if (!TOKEN.test(token) || !outputs.has(name)) return noStream(reply, name);
    if (!viewers.find(token, name)) {
      const refusal = viewers.isDropped(token)
        ? 'This viewer was removed.'
        : await admit(viewers, token, request);
      if (refusal) return refuse(reply, refusal);
    }
    const stream = outputs.open(name);
    await stream?.waitForPlaylist(Math.min(patience, MEDIA_PATIENCE));
    if (!stream?.playlist) return notYet(reply, name);
    return sendPlaylist(reply, stream.playlist);
  });

  app.get<FileRequest>('/:name/:viewer/:file', async (request, reply) => {
    const { name, viewer: token, file: fileName } = request.params;
    allowAnyOrigin(reply);
    const viewer = TOKEN.test(token) ? viewers.find(token, name) : undefined;
    if (!viewer) return refuse(reply, 'This viewer is not known; it has to begin with index.m3u8.');
    const file = outputs.open(name)?.file(fileName);
    if (!file) return missing(reply, `There is no segment ${fileName} (any more).`);
    return sendFile(request, reply, viewer, file);
  });
}

async function admit(
  viewers: HlsViewers,
  token: string,
  request: FastifyRequest<MasterRequest>,
): Promise<string | undefined> {
  const query = new URLSearchParams(queryOf(request));
  const decision = await viewers.admit(token, {
    name: request.params.name,
    addr: request.ip,
    args: [...query.entries()],
    uri: request.url.split('?', 1)[0]!,
  });
  return decision.admitted ? undefined : decision.refusal.message;
}

/** The query as it came, with its `?`; nothing where there is none. */
function queryOf({ url }: { url: string }): string {
  const at = url.indexOf('?');
  return at < 0 ? '' : url.slice(at);
}

const NO_STORE = ['Cache-Control', 'no-store'] as const;

function allowAnyOrigin(reply: FastifyReply): void {
  void reply.header('Access-Control-Allow-Origin', '*');
}

function sendPlaylist(reply: FastifyReply, playlist: string): FastifyReply {
  return reply
    .type(PLAYLIST_TYPE)
    .header(...NO_STORE)
    .send(playlist);
}

/** A segment never changes, so it may be kept; only its viewer knows its address. */
function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  { session }: HlsViewer,
  { data, type, end }: HlsFile,
): FastifyReply {
  if (request.method === 'GET') {
    reply.raw.once('finish', () => {
      session.bytes += data.length;
      if (end !== undefined)
        session.timestamp = Math.max(session.timestamp, Math.round(end / 1000));
    });
  }
  return reply.type(type).header('Cache-Control', 'private, max-age=3600, immutable').send(data);
}

function missing(reply: FastifyReply, sentence: string): FastifyReply {
  return reply
    .code(404)
    .header(...NO_STORE)
    .type('text/plain; charset=utf-8')
    .send(`${sentence}\n`);
}

function noStream(reply: FastifyReply, name: string): FastifyReply {
  return missing(reply, `There is no live stream ${name}.`);
}

function refuse(reply: FastifyReply, sentence: string): FastifyReply {
  return reply
    .code(403)
    .header(...NO_STORE)
    .type('text/plain; charset=utf-8')
    .send(`${sentence}\n`);
}

/** The stream is there and has nothing to show: its first segment takes longer than we wait. */
function notYet(reply: FastifyReply, name: string): FastifyReply {
  return reply
    .code(503)
    .header('Retry-After', '1')
    .header(...NO_STORE)
    .type('text/plain; charset=utf-8')
    .send(`The live stream ${name} has no complete segment yet.\n`);
}
