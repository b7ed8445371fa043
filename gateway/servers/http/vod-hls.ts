import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  mediaPlaylist,
  multivariantPlaylist,
  targetDuration,
} from '../../protocols/hls/playlist.ts';
import { VodSegments } from '../../protocols/hls/vod-segments.ts';
import { Mp4Error } from '../../protocols/mp4/errors.ts';
import type { Movie } from '../../protocols/mp4/movie.ts';
import type { Refusal } from '../../sessions/admission.ts';
import type { Session } from '../../sessions/session.ts';
import { isViewerToken, newViewerToken, PLAYLIST_TYPE } from '../hls/hls-http.ts';
import type { HlsViewers } from '../hls/hls-viewers.ts';
import type { VodFile, VodFiles } from '../vod-files.ts';
import { CORS } from './cors.ts';
import { clientAddress, pathOf, queryArguments } from './request.ts';

export interface VodHlsOptions {
  readonly files: VodFiles;
  readonly viewers: HlsViewers;
  readonly trustsProxy: (address: string) => boolean;
}

const MEDIA_PLAYLIST = 'vod.m3u8';

interface ViewerRoute {
  Params: { name: string; viewer: string; file: string };
}

/** What a request for a viewer's files comes to. */
type Found =
  | { readonly session: Session; readonly file: VodFile; readonly segments: VodSegments }
  | { readonly status: number; readonly message: string };

/**
 * Files as HLS, for players that seek in it:
 *
 *     GET /FILE.mp4/index.m3u8        a multivariant playlist, made for one viewer
 *     GET /FILE.mp4/VIEWER/vod.m3u8   the media playlist: all segments, from the begin to the end
 *     GET /FILE.mp4/VIEWER/N.m4s      a segment, made on the fly; init.mp4 goes before
 */
export function vodHlsRoutes(app: FastifyInstance, options: VodHlsOptions): void {
  const { files, viewers, trustsProxy } = options;
  /** The files that viewers play, open so that they can be played to their end. */
  const playing = new Map<string, Promise<VodFile | undefined>>();
  const plans = new WeakMap<Movie, VodSegments>();

  // Live streams' names do not end like media files, so these addresses are not theirs.
  const base = '/:name(^[^/]+\\.(?:mp4|m4v|mov|flv)$)';

  app.get<{ Params: { name: string } }>(`${base}/index.m3u8`, async (request, reply) => {
    reply.headers(CORS);
    const token = newViewerToken();
    const found = await find(request, reply, request.params.name, token);
    if ('status' in found) return sentence(reply, found.status, found.message);
    const uri = `${token}/${MEDIA_PLAYLIST}${queryOf(request)}`;
    return playlist(reply, multivariantPlaylist(found.segments.variant(uri)));
  });

  app.get<ViewerRoute>(`${base}/:viewer/:file`, async (request, reply) => {
    const { name, viewer: token, file: fileName } = request.params;
    reply.headers(CORS);
    if (!isViewerToken(token)) return sentence(reply, 404, 'There is nothing here.');
    const found = await find(request, reply, name, token);
    if ('status' in found) return sentence(reply, found.status, found.message);
    const { session, file, segments } = found;
    if (fileName === MEDIA_PLAYLIST) {
      return playlist(reply, playlistOf(segments, queryOf(request)));
    }
    const segment = Number(/^(\d{1,6})\.m4s$/.exec(fileName)?.[1] ?? NaN);
    const data =
      fileName === 'init.mp4' ? segments.init : await readSegment(file, segments, segment);
    if (!data) return sentence(reply, 404, `There is no segment ${fileName}.`);
    if (request.method === 'GET') {
      reply.raw.once('finish', () => (session.bytes += data.length));
    }
    return reply
      .type('video/mp4')
      .header('cache-control', 'private, max-age=3600, immutable')
      .send(data);
  });

  /** The viewer's session and file; whoever is new, or has been silent for long, is asked about. */
  async function find(
    request: FastifyRequest,
    reply: FastifyReply,
    name: string,
    token: string,
  ): Promise<Found> {
    if (viewers.isDropped(token)) {
      return { status: 403, message: 'This viewer was removed; it may begin again.' };
    }
    if (!viewers.find(token, name)) {
      if (!files.mayBeGranted('http') && !(await isThere(name))) return missing(name);
      const refusal = await admit(request, reply, name, token);
      if (refusal) return refused(refusal);
    }
    const session = viewers.find(token, name)?.session;
    if (!session) return { status: 403, message: 'The session has ended.' };
    const file = await openFor(token, name, session);
    if (!file) {
      session.end({ code: 'failed', message: `There is no file ${JSON.stringify(name)}.` });
      return missing(name);
    }
    try {
      return { session, file, segments: planOf(await file.movie()) };
    } catch (error) {
      if (!(error instanceof Mp4Error)) throw error;
      session.end({ code: 'failed', message: error.message });
      return { status: 422, message: error.message };
    }
  }

  async function admit(
    request: FastifyRequest,
    reply: FastifyReply,
    name: string,
    token: string,
  ): Promise<Refusal | undefined> {
    const decision = await viewers.admit(
      token,
      {
        name,
        addr: clientAddress(request.raw, trustsProxy),
        args: queryArguments(request.url),
        uri: pathOf(request.url),
      },
      (session) =>
        reply.raw.once('close', () => {
          if (session.state !== 'asking') return;
          session.end({ code: 'client_left', message: 'The client closed the connection.' });
        }),
    );
    return decision.admitted ? undefined : decision.refusal;
  }

  function openFor(token: string, name: string, session: Session): Promise<VodFile | undefined> {
    let file = playing.get(token);
    if (!file) {
      file = files.open(name, session.grant?.filename);
      playing.set(token, file);
      const opened = file;
      session.onEnd(() => {
        playing.delete(token);
        void opened.then((open) => open?.close()).catch(() => {});
      });
    }
    return file;
  }

  async function isThere(name: string): Promise<boolean> {
    const file = await files.open(name, undefined);
    await file?.close();
    return file !== undefined;
  }

  function planOf(movie: Movie): VodSegments {
    let plan = plans.get(movie);
    if (!plan) {
      plan = new VodSegments(movie);
      plans.set(movie, plan);
    }
    return plan;
  }
}

async function readSegment(
  file: VodFile,
  segments: VodSegments,
  segment: number,
): Promise<Buffer | undefined> {
  const places = segments.places(segment);
  if (!places) return undefined;
  const contents = await Promise.all(places.map((track) => file.readPlaces(track)));
  return segments.mux(segment, contents);
}

/** The arguments go along, so that a viewer who was silent for long can be asked about again. */
function playlistOf({ segments }: VodSegments, query: string): string {
  return mediaPlaylist({
    targetDuration: targetDuration(Math.max(...segments.map(({ duration }) => duration))),
    mediaSequence: 0,
    discontinuitySequence: 0,
    segments: segments.map((segment) => ({
      ...segment,
      uri: segment.uri + query,
      map: `${segment.map}${query}`,
    })),
    ended: true,
  });
}

const queryOf = ({ url }: FastifyRequest): string => url.slice(pathOf(url).length);

const missing = (name: string): Found => ({
  status: 404,
  message: `There is no file ${JSON.stringify(name)}.`,
});

function refused({ code, message }: Refusal): Found {
  return { status: code === 'limit' || code === 'shutdown' ? 503 : 403, message };
}

function playlist(reply: FastifyReply, text: string): FastifyReply {
  return reply.type(PLAYLIST_TYPE).header('cache-control', 'no-store').send(text);
}

function sentence(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .type('text/plain; charset=utf-8')
    .send(`${text}\n`);
}
