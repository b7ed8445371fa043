import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { multivariantPlaylist } from '../../protocols/hls/playlist.ts';
import type { Refusal } from '../../sessions/admission.ts';
import { CORS } from '../http/cors.ts';
import { clientAddress, pathOf, queryArguments } from '../http/request.ts';
import { refusalStatus } from '../http/refusal-status.ts';
import { MEDIA_PLAYLIST, sendFile, sendPlaylist } from './viewer-answers.ts';
import { isViewerToken, newViewerToken } from './hls-http.ts';
import type { HlsOutputs } from './hls-outputs.ts';
import type { HlsViewers } from './hls-viewers.ts';

export interface HlsRoutesOptions {
  readonly outputs: HlsOutputs;
  readonly viewers: HlsViewers;
  readonly trustsProxy: (address: string) => boolean;
}

/** How long a request waits for the first segment, ms: less than hls.js waits for us (20 s). */
const PATIENCE = 15_000;
/** The same for a media playlist, for whose first byte it waits 10 s. */
const MEDIA_PATIENCE = 8_000;

const NO_STORE = { 'cache-control': 'no-store' } as const;

const DROPPED: Refusal = {
  code: 'forbidden',
  message: 'This viewer was removed; it may begin again.',
};

interface StreamRoute {
  Params: { name: string };
}
interface ViewerRoute {
  Params: { name: string; viewer: string };
}
interface FileRoute {
  Params: { name: string; viewer: string; file: string };
}

/**
 * HLS over HTTP:
 *
 *     GET /NAME/index.m3u8            a multivariant playlist, made for one viewer
 *     GET /NAME/VIEWER/live.m3u8      the media playlist, the same bytes for all
 *     GET /NAME/VIEWER/FILE           segments and initialization segments
 *
 * What viewers ask again and again is answered ahead of these by `answerViewer`, where it can be.
 */
export function hlsRoutes(app: FastifyInstance, options: HlsRoutesOptions): void {
  const { outputs, viewers, trustsProxy } = options;

  /** Asks whether a viewer may come in; when it leaves before its answer, its session ends. */
  async function admit(
    token: string,
    request: FastifyRequest<StreamRoute>,
    reply: FastifyReply,
  ): Promise<Refusal | undefined> {
    const decision = await viewers.admit(
      token,
      {
        name: request.params.name,
        addr: clientAddress(request.raw, trustsProxy),
        args: queryArguments(request.url),
        uri: pathOf(request.url),
      },
      (session) =>
        reply.raw.once('close', () => {
          if (reply.raw.writableEnded) return;
          session.end({ code: 'client_left', message: 'The client closed the connection.' });
        }),
    );
    return decision.admitted ? undefined : decision.refusal;
  }

  app.get<StreamRoute>('/:name/index.m3u8', async (request, reply) => {
    const { name } = request.params;
    reply.headers(CORS);
    if (!outputs.isLive(name)) return noStream(reply, name);
    if (request.method === 'HEAD') return playlist(reply, '');

    const token = newViewerToken();
    const refusal = await admit(token, request, reply);
    if (refusal) return refuse(reply, refusal);
    const stream = outputs.open(name);
    const ready = await stream?.waitForPlaylist(PATIENCE);
    if (!stream || !ready) {
      const message = 'The stream had no complete segment in time.';
      viewers.find(token, name)?.session.end({ code: 'failed', message });
      return notYet(reply, name);
    }
    viewers.find(token, name); // it was not silent: it waited
    // The arguments stay with the address: with them a viewer can be admitted again.
    const uri = `${token}/${MEDIA_PLAYLIST}${request.url.slice(pathOf(request.url).length)}`;
    return playlist(reply, multivariantPlaylist(stream.variant(uri)));
  });

  app.get<ViewerRoute>(`/:name/:viewer/${MEDIA_PLAYLIST}`, async (request, reply) => {
    const { name, viewer: token } = request.params;
    reply.headers(CORS);
    if (!isViewerToken(token) || !outputs.has(name)) return noStream(reply, name);
    if (request.method === 'HEAD') return playlist(reply, '');
    if (viewers.isDropped(token)) return refuse(reply, DROPPED);
    if (!viewers.find(token, name)) {
      const refusal = await admit(token, request, reply);
      if (refusal) return refuse(reply, refusal);
    }
    const stream = outputs.open(name);
    await stream?.waitForPlaylist(MEDIA_PATIENCE);
    return stream?.playlist ? playlist(reply, stream.playlist) : notYet(reply, name);
  });

  app.get<FileRoute>('/:name/:viewer/:file', async (request, reply) => {
    const { name, viewer: token, file: fileName } = request.params;
    reply.headers(CORS);
    if (!isViewerToken(token)) return missing(reply, 'There is nothing here.');
    const viewer = viewers.find(token, name);
    if (!viewer) {
      const message = 'This viewer is not known (any more); it has to begin with index.m3u8.';
      return refuse(reply, { code: 'forbidden', message });
    }
    const file = outputs.open(name)?.file(fileName);
    if (!file) return missing(reply, `There is no segment ${fileName} (any more).`);
    sendFile(reply.hijack().raw, file, viewer);
    return reply;
  });

  for (const url of ['/:name/index.m3u8', '/:name/:viewer/:file']) {
    app.options(url, (_, reply) =>
      reply
        .headers({ ...CORS, 'access-control-max-age': '86400' })
        .code(204)
        .send(),
    );
  }
}

function playlist(reply: FastifyReply, text: string): FastifyReply {
  sendPlaylist(reply.hijack().raw, text);
  return reply;
}

function sendSentence(reply: FastifyReply, status: number, sentence: string): FastifyReply {
  return reply
    .code(status)
    .headers(NO_STORE)
    .type('text/plain; charset=utf-8')
    .send(`${sentence}\n`);
}

function missing(reply: FastifyReply, sentence: string): FastifyReply {
  return sendSentence(reply, 404, sentence);
}

function noStream(reply: FastifyReply, name: string): FastifyReply {
  return missing(reply, `There is no live stream ${JSON.stringify(name)}.`);
}

function refuse(reply: FastifyReply, refusal: Refusal): FastifyReply {
  return sendSentence(reply, refusalStatus(refusal), refusal.message);
}

/** The stream is there and has nothing to show: its first segment takes longer than we wait. */
function notYet(reply: FastifyReply, name: string): FastifyReply {
  reply.header('retry-after', '1');
  return sendSentence(reply, 503, `The live stream ${JSON.stringify(name)} has no segment yet.`);
}
